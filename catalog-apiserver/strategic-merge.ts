import type { MergeKeys } from './kinds/kind.ts';
import { PatchError } from './patch.ts';
import { isRecord } from './schema/schema.ts';
import { jsonEqual } from './schema/json-equal.ts';

/**
 * Strategic merge patch: a merge patch in which some lists are merged item by item. Which lists, and by which key, the
 * kind says; kubectl sends it for the built-in kinds. All its directives are understood:
 * `$patch: replace|delete|merge`, `$retainKeys`, `$deleteFromPrimitiveList/<list>`, `$setElementOrder/<list>`.
 * Throws {@link PatchError} for a directive that makes no sense.
 */
export function strategicMergePatch(target: unknown, patch: unknown, keys: MergeKeys): unknown {
  if (!isRecord(patch)) throw new PatchError('malformed', 'a strategic merge patch is an object');
  return mergeObject(isRecord(target) ? target : {}, patch, keys, '');
}

const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';

function mergeObject(
  target: Record<string, unknown>,
  patch: Record<string, unknown>,
  keys: MergeKeys,
  path: string,
): Record<string, unknown> {
  const { $patch: mode, $retainKeys: retained, ...fields } = patch;
  if (mode !== undefined && mode !== 'replace' && mode !== 'delete' && mode !== 'merge')
    throw new PatchError('malformed', `${path || 'patch'}: $patch must be replace, delete or merge`);
  if (mode === 'delete') return {};
  if (mode === 'replace') return fields;
  const merged = new Map(Object.entries(target));
  if (retained !== undefined) retain(merged, retained, path);
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith(DELETE_FROM_LIST)) removeValues(merged, name.slice(DELETE_FROM_LIST.length), value, path);
  }
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith('$')) continue;
    const below = path === '' ? name : `${path}.${name}`;
    if (value === null || (isRecord(value) && value['$patch'] === 'delete')) merged.delete(name);
    else merged.set(name, mergeValue(merged.get(name), value, keys, below));
  }
  for (const [name, order] of Object.entries(fields)) {
    if (name.startsWith(ELEMENT_ORDER)) reorder(merged, name.slice(ELEMENT_ORDER.length), order, keys, path);
  }
  return Object.fromEntries(merged);
}

function mergeValue(current: unknown, value: unknown, keys: MergeKeys, path: string): unknown {
  if (isRecord(value)) return mergeObject(isRecord(current) ? current : {}, value, keys, path);
  const key = Object.hasOwn(keys, path) ? keys[path] : undefined;
  if (!Array.isArray(value) || key === undefined) return value;
  const list: unknown[] = Array.isArray(current) ? current : [];
  return key === null ? unite(list, value) : mergeList(list, value, key, keys, path);
}

function unite(list: readonly unknown[], added: readonly unknown[]): unknown[] {
  return [...list, ...added.filter((value) => !list.some((known) => jsonEqual(known, value)))];
}

function mergeList(
  list: readonly unknown[],
  patch: readonly unknown[],
  key: string,
  keys: MergeKeys,
  path: string,
): unknown[] {
  const items = patch.map((item) => {
    if (!isRecord(item)) throw new PatchError('malformed', `${path}: every item must be an object`);
    return item;
  });
  if (items.some((item) => item['$patch'] === 'replace')) return items.filter((item) => item['$patch'] === undefined);
  const merged = [...list];
  for (const item of items) {
    if (item[key] === undefined) throw new PatchError('malformed', `${path}: an item lacks its merge key ${key}`);
    const index = merged.findIndex((known) => isRecord(known) && jsonEqual(known[key], item[key]));
    if (item['$patch'] === 'delete') {
      if (index >= 0) merged.splice(index, 1);
    } else if (index < 0) merged.push(mergeObject({}, item, keys, path));
    else merged[index] = mergeObject(merged[index] as Record<string, unknown>, item, keys, path);
  }
  return merged;
}

function retain(merged: Map<string, unknown>, retained: unknown, path: string): void {
  if (!Array.isArray(retained)) throw new PatchError('malformed', `${path || 'patch'}: $retainKeys must be a list`);
  for (const name of [...merged.keys()]) if (!retained.includes(name)) merged.delete(name);
}

function removeValues(merged: Map<string, unknown>, name: string, values: unknown, path: string): void {
  const list = merged.get(name);
  if (!Array.isArray(values))
    throw new PatchError('malformed', `${path || 'patch'}: ${DELETE_FROM_LIST}${name} must be a list`);
  if (Array.isArray(list))
    merged.set(
      name,
      list.filter((item) => !values.some((value) => jsonEqual(item, value))),
    );
}

/** Puts the items named by a `$setElementOrder` first, in that order; items it does not name keep theirs, behind. */
function reorder(merged: Map<string, unknown>, name: string, order: unknown, keys: MergeKeys, path: string): void {
  const list = merged.get(name);
  const key = keys[path === '' ? name : `${path}.${name}`];
  if (!Array.isArray(list) || !Array.isArray(order) || key === undefined) return;
  const identity = (item: unknown): unknown => (key === null ? item : isRecord(item) ? item[key] : undefined);
  const position = (item: unknown): number => {
    const index = order.findIndex((entry) => jsonEqual(identity(entry), identity(item)));
    return index < 0 ? order.length : index;
  };
  merged.set(
    name,
    list.toSorted((left, right) => position(left) - position(right)),
  );
}
