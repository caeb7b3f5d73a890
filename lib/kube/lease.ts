import type { Lease } from './core-resources.ts';

/**
 * What a candidate knows of a lease: the object, and when it saw it change, by its own clock. That is the monotonic one: by
 * a clock that is set, a lease would run out too early for the one and too late for the other. `now` is by it in
 * {@link sight} and {@link mayTake}, and since the epoch where a Lease is written.
 */
export interface LeaseSighting {
  readonly lease: Lease;
  /** By the monotonic clock. */
  readonly changedAt: number;
}

/**
 * What to think of a lease that has just been read, given the last sighting. Only the local clock counts: the times in
 * the lease are another machine's, and clocks differ.
 */
export function sight(lease: Lease, last: LeaseSighting | undefined, now: number): LeaseSighting {
  const same =
    last !== undefined &&
    last.lease.metadata.uid === lease.metadata.uid &&
    last.lease.metadata.resourceVersion === lease.metadata.resourceVersion;
  return same ? last : { lease, changedAt: now };
}

/** Whether `identity` may take (or keep) the lease: nobody holds it, it does itself, or the holder has let it run out. */
export function mayTake(sighting: LeaseSighting, identity: string, now: number): boolean {
  const { holderIdentity, leaseDurationSeconds } = sighting.lease.spec ?? {};
  if (holderIdentity === undefined || holderIdentity === '' || holderIdentity === identity) return true;
  return sighting.changedAt + (leaseDurationSeconds ?? 0) * 1000 <= now;
}

/** The lease as `identity` writes it to take or renew it. */
export function heldBy(lease: Lease, identity: string, durationMs: number, now: number): Lease {
  const before = lease.spec ?? {};
  const kept = before.holderIdentity === identity;
  return {
    ...lease,
    spec: {
      ...before,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: kept && before.acquireTime !== undefined ? before.acquireTime : microTime(now),
      renewTime: microTime(now),
      leaseTransitions: (before.leaseTransitions ?? 0) + (kept ? 0 : 1),
    },
  };
}

/** The lease as its holder writes it to give it back: the next candidate need not wait. */
export function released(lease: Lease, now: number): Lease {
  return {
    ...lease,
    spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(now) },
  };
}

/** A lease that was never held. */
export function freshLease(namespace: string, name: string, identity: string, durationMs: number, now: number): Lease {
  const empty: Lease = { metadata: { namespace, name }, spec: {} };
  const lease = heldBy(empty, identity, durationMs, now);
  return { ...lease, spec: { ...lease.spec, leaseTransitions: 0 } };
}

/** `metav1.MicroTime`: RFC 3339 with six digits. */
function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z');
}
