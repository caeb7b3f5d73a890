import type { Matcher } from '../selectors.ts';
import { badRequest, expired } from '../status.ts';
import { storageResource } from '../kinds/kind-table.ts';
import { RevisionCompactedError } from '../storage/storage-errors.ts';
import type { Page, PageOptions, StorageScope } from '../storage/storage.ts';
import type { StoredObject } from '../storage/stored-object.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import type { RegistryContext, Target } from './context.ts';
import { checkNotAhead } from './revision.ts';

export interface ListRequest {
  readonly matches: Matcher | undefined;
  /** At most so many objects; all when absent. */
  readonly limit?: number;
  /** Goes on where an earlier page ended, at that page's revision. */
  readonly continueToken?: string;
  readonly resourceVersion?: number;
  /** `Exact`: as things were at `resourceVersion`. Else as they are now. */
  readonly exact: boolean;
}

export interface ListResult {
  readonly items: readonly StoredObject[];
  readonly revision: number;
  /** Where the next page begins; absent on the last one. */
  readonly continueToken?: string;
  /** How many objects come after this page; absent when a selector makes that unknown. */
  readonly remaining?: number;
}

/** GET of a collection. Throws ApiError: 400 (continue token), 410 (no longer known), 504 (not yet known). */
export async function listObjects(context: RegistryContext, target: Target, request: ListRequest): Promise<ListResult> {
  const scope = scopeOf(target);
  const from = request.continueToken === undefined ? undefined : decodeContinue(request.continueToken);
  if (from !== undefined && request.resourceVersion !== undefined)
    throw badRequest('specifying resource version is not allowed when using continue');
  if (request.resourceVersion !== undefined) checkNotAhead(context.storage, request.resourceVersion);
  const atRevision =
    from?.revision ?? (request.exact ? request.resourceVersion : undefined) ?? context.storage.revision;
  const { matches, limit } = request;
  if (matches === undefined) {
    const page = await readPage(context, scope, from, { ...(limit === undefined ? {} : { limit }), atRevision });
    return result(page.items, atRevision, page.remaining > 0 ? page.items.at(-1) : undefined, page.remaining);
  }
  return selectObjects(context, scope, matches, limit, atRevision, from);
}

export function scopeOf(target: Target): StorageScope {
  const resource = storageResource(target.kind.resource);
  return target.namespace === undefined ? { resource } : { resource, namespace: target.namespace };
}

/** Pages are read until enough objects match. */
async function selectObjects(
  context: RegistryContext,
  scope: StorageScope,
  matches: Matcher,
  limit: number | undefined,
  atRevision: number,
  from: { namespace: string; name: string } | undefined,
): Promise<ListResult> {
  const found: StoredObject[] = [];
  let after = from;
  for (;;) {
    const options = { ...(limit === undefined ? {} : { limit }), atRevision };
    const page = await readPage(context, scope, after, options);
    for (const stored of page.items) {
      if (limit !== undefined && found.length === limit) return result(found, atRevision, found.at(-1), undefined);
      if (matches(stored.object)) found.push(stored);
    }
    const last = page.items.at(-1);
    if (page.remaining === 0 || last === undefined) return result(found, atRevision, undefined, undefined);
    after = placeOf(last);
  }
}

async function readPage(
  context: RegistryContext,
  scope: StorageScope,
  after: { namespace: string; name: string } | undefined,
  options: PageOptions,
): Promise<Page> {
  try {
    return await context.storage.list(scope, { ...options, ...(after === undefined ? {} : { after }) });
  } catch (thrown) {
    if (!(thrown instanceof RevisionCompactedError)) throw thrown;
    throw expired(
      `The provided continue parameter or resource version is too old to display a consistent list result (${thrown.message}). You must start a new list without it.`,
    );
  }
}

function placeOf({ object }: StoredObject): { namespace: string; name: string } {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' };
}

function result(
  items: readonly StoredObject[],
  revision: number,
  last: StoredObject | undefined,
  remaining: number | undefined,
): ListResult {
  if (last === undefined) return { items, revision };
  const continueToken = encodeContinue({ revision, ...placeOf(last) });
  return { items, revision, continueToken, ...(remaining === undefined ? {} : { remaining }) };
}
