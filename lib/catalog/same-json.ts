/**
 * Whether two JSON values are the same: the order of members does not matter, and a member that is undefined is not
 * there. (node:util's isDeepStrictEqual tells those apart, and values that were made in different places too.)
 */
export function sameJson(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => sameJson(item, other[index]))
    );
  }
  const members = Object.entries(one).filter(([, value]) => value !== undefined);
  return (
    members.length === Object.values(other).filter((value) => value !== undefined).length &&
    members.every(
      ([key, value]) => Object.hasOwn(other, key) && sameJson(value, (other as Record<string, unknown>)[key]),
    )
  );
}
