/** Whether two JSON values are equal, whatever the order of keys. A key that is undefined counts as absent. */
export function jsonEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => jsonEqual(item, right[index]));
  }
  const entries = definedEntries(left);
  const others = new Map(definedEntries(right));
  return (
    entries.length === others.size &&
    entries.every(([key, value]) => others.has(key) && jsonEqual(value, others.get(key)))
  );
}

function definedEntries(object: object): [string, unknown][] {
  return Object.entries(object).filter(([, value]) => value !== undefined);
}
