import type { KubeObject } from '../../lib/kube/objects.ts';

/**
 * Of objects that share an id at the broker, the one that may use it: one that has begun to and is not being deleted,
 * else one that has begun to, else the oldest. The same for whoever asks, so that of any two exactly one gives way.
 */
export function firstOf<T extends KubeObject>(sharing: readonly T[], hasBegun: (object: T) => boolean): T {
  const [first, ...others] = sharing;
  if (first === undefined) throw new RangeError('there must be an object to choose');
  return others.reduce((best, other) => (goesBefore(other, best, hasBegun) ? other : best), first);
}

function goesBefore<T extends KubeObject>(one: T, other: T, hasBegun: (object: T) => boolean): boolean {
  if (hasBegun(one) !== hasBegun(other)) return hasBegun(one);
  if (hasBegun(one) && isLeaving(one) !== isLeaving(other)) return isLeaving(other);
  const [a, b] = [one, other].map(({ metadata }) => `${metadata.creationTimestamp ?? ''} ${metadata.uid ?? ''}`) as [
    string,
    string,
  ];
  return a < b;
}

/**
 * The object that goes first, for a message in `namespace`: by its key `namespace/name` only there, for what other
 * namespaces have is none of its readers' business.
 */
export function describeRival(kind: string, rival: string, namespace: string | undefined): string {
  return namespace !== undefined && rival.startsWith(`${namespace}/`)
    ? `${kind} ${rival}`
    : `a ${kind} of another namespace`;
}

/** What is leaving must not take with it at the broker what another object is served by. */
function isLeaving({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}
