/** What a path of the API names, whether or not such a resource exists. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/**
 * Reads `/api/v1/…` and `/apis/GROUP/VERSION/…` down to a resource; undefined for every other path, such as those of
 * discovery, and for one with an empty or badly encoded part.
 */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = decodeParts(path);
  if (parts === undefined) return undefined;
  const [root, ...afterRoot] = parts;
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : afterRoot[0];
  const [version, ...rest] = root === 'api' ? afterRoot : afterRoot.slice(1);
  if (group === undefined || version === undefined || rest[0] === undefined) return undefined;
  const where = { group, version };
  // `namespaces` itself is a resource of the core group; below one it is where other resources live.
  const [plural, name, child, ...below] = rest;
  const isSubresource = group === '' && (child === 'status' || child === 'finalize') && below.length === 0;
  if (plural !== 'namespaces' || name === undefined || child === undefined || isSubresource)
    return withName(where, undefined, rest);
  return withName(where, name, [child, ...below]);
}

function withName(
  where: { group: string; version: string },
  namespace: string | undefined,
  parts: readonly (string | undefined)[],
): ResourcePath | undefined {
  const [plural, name, subresource, ...more] = parts;
  if (plural === undefined || more.length > 0) return undefined;
  return {
    ...where,
    plural,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

function decodeParts(path: string): string[] | undefined {
  try {
    const parts = path.replace(/^\//u, '').replace(/\/$/u, '').split('/').map(decodeURIComponent);
    return parts.some((part) => part === '') ? undefined : parts;
  } catch {
    return undefined;
  }
}
