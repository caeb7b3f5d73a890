/** How many requests there were of each kind, such as `create secrets` or `update serviceinstances/status`. */
export type RequestCounts = ReadonlyMap<string, number>;

/** Reading collections and watching them, leases, health and metrics: what happens whether or not there are pairs. */
const BACKGROUND = /^(?:list|watch) |^\w+ (?:leases)?$/u;

/** What came between two counts, without what belongs to no pair. */
export function requestsBetween(before: RequestCounts, after: RequestCounts): RequestCounts {
  const between = new Map<string, number>();
  for (const [kind, count] of after) {
    const more = count - (before.get(kind) ?? 0);
    if (more > 0 && !BACKGROUND.test(kind)) between.set(kind, more);
  }
  return between;
}

export function isAboutEvents(kind: string): boolean {
  return kind.endsWith(' events');
}

/** The sum of those that pass. */
export function total(counts: RequestCounts, passes: (kind: string) => boolean = () => true): number {
  let sum = 0;
  for (const [kind, count] of counts) if (passes(kind)) sum += count;
  return sum;
}
