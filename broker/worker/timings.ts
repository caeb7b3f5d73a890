/** How a worker keeps its leases, milliseconds. */
export interface WorkerTimings {
  /** The store forgets a worker that has been silent for so long, and gives its operations to another. */
  readonly leaseMs: number;
  /** How often a worker says that it lives; several must be lost before a lease is. */
  readonly heartbeatMs: number;
  /** A worker stops believing in a lease this long before the store does. */
  readonly marginMs: number;
  /** Work that no NOTIFY told about, as that of a dead worker, is found by looking so often. */
  readonly pollMs: number;
}

/** An operation of a dead worker is taken up by another within ten seconds. */
export const WORKER_TIMINGS: WorkerTimings = { leaseMs: 6_000, heartbeatMs: 1_500, marginMs: 1_500, pollMs: 1_000 };
