import type { PlacedObject, Place, SqliteStatements } from './sqlite-statements.ts';
import type { Page, PageOptions, StorageScope } from './storage.ts';
import type { StoredObject } from './stored-object.ts';

/** More than any scope holds, and small enough to add to. */
const EVERYTHING = 2 ** 40;

const BEGINNING: Place = { namespace: '', name: '' };

/**
 * The page of a scope as it was at `revision`: what exists now, with the changes made since undone. Pages that are
 * read while others write therefore fit together.
 */
export function listAt(
  statements: SqliteStatements,
  scope: StorageScope,
  options: PageOptions,
  revision: number,
  currentRevision: number,
): Page {
  const after = options.after ?? BEGINNING;
  const limit = options.limit ?? EVERYTHING;
  const undone = revision === currentRevision ? [] : statements.undo(scope, revision);
  if (undone.length === 0) {
    const found = statements.objects(scope, after, limit);
    const last = found.at(-1);
    const remaining = last === undefined || found.length < limit ? 0 : statements.count(scope, last);
    return { items: storedOf(found), revision, remaining };
  }
  // Undoing takes away at most `undone.length` of what exists now, so this many hold a full page.
  const wanted = limit + undone.length;
  const found = statements.objects(scope, after, wanted);
  const places = new Map(found.map((object) => [placeText(object), object]));
  for (const object of undone) {
    if (compare(object, after) > 0) places.set(placeText(object), object);
  }
  const existed = [...places.values()].filter((object) => object.stored !== undefined).sort(compare);
  const last = found.at(-1);
  const beyond = last === undefined || found.length < wanted ? 0 : statements.count(scope, last);
  return {
    items: storedOf(existed.slice(0, limit)),
    revision,
    remaining: Math.max(0, existed.length - limit) + beyond,
  };
}

function storedOf(objects: readonly PlacedObject[]): StoredObject[] {
  return objects.flatMap((object) => object.stored ?? []);
}

function placeText(place: Place): string {
  return `${place.namespace}/${place.name}`;
}

/** By namespace, then name; names are ASCII, so comparing code units equals SQLite's comparison of bytes. */
function compare(left: Place, right: Place): number {
  if (left.namespace !== right.namespace) return left.namespace < right.namespace ? -1 : 1;
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return 0;
}
