/**
 * A copy, to its depth, of what JSON.parse could have made. Several times as fast as structuredClone, which is made for
 * everything else.
 */
export function copyJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyJson) as T;
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    // The one name that is not a member of its own when it is assigned.
    if (name === '__proto__') Object.defineProperty(copy, name, { ...MEMBER, value: copyJson(member) });
    else copy[name] = copyJson(member);
  }
  return copy as T;
}

const MEMBER = { configurable: true, enumerable: true, writable: true };
