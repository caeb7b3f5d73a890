/**
 * Which of two resource versions of one resource is later: negative, zero or positive; undefined when that cannot be
 * told.
 *
 * Kubernetes promises since 1.35 (KEP-5504) what its servers always did: they are whole numbers of any size that grow
 * with every write of the resource. What is no such number stays opaque.
 */
export function compareResourceVersions(one: string, other: string): number | undefined {
  if (!isNumber(one) || !isNumber(other)) return undefined;
  if (one.length !== other.length) return one.length - other.length;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

const isNumber = (version: string): boolean => /^(0|[1-9]\d{0,63})$/.test(version);
