import type { ConfigNode } from './config-node.ts';

/** Notes a mistake at every item whose `key` an earlier item has already. */
export function distinct<T>(
  nodes: readonly ConfigNode[] | undefined,
  values: readonly (T | undefined)[] | undefined,
  key: (value: T) => string,
  what: string,
): void {
  const seen = new Set<string>();
  nodes?.forEach((node, index) => {
    const value = values?.[index];
    if (value === undefined) return;
    if (seen.has(key(value))) node.fail(`has the ${what} "${key(value)}", which an earlier one has already`);
    seen.add(key(value));
  });
}
