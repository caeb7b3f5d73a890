import type { Matcher } from '../selectors.ts';
import { ApiError, expired } from '../status.ts';
import { RevisionCompactedError } from '../storage/storage-errors.ts';
import type { Change, ChangeStream } from '../storage/storage.ts';
import type { StoredObject } from '../storage/stored-object.ts';
import type { RegistryContext, Target } from './context.ts';
import { scopeOf } from './list.ts';

export interface WatchRequest {
  readonly matches: Matcher | undefined;
  /** Changes after this version; absent or 0: first everything there is. */
  readonly resourceVersion?: number;
  /** Tell everything there is first, then a bookmark that says so. */
  readonly sendInitialEvents?: boolean;
  readonly bookmarks: boolean;
  /** The watch ends after so long, milliseconds. */
  readonly timeoutMs: number;
  /** Ends the watch at once. */
  readonly signal: AbortSignal;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly stored: StoredObject }
  | { readonly type: 'BOOKMARK'; readonly revision: number; readonly initialEventsEnd: boolean }
  | { readonly type: 'ERROR'; readonly error: ApiError };

/** A watcher that asked for bookmarks hears at least so often that all is well, and from where it could resume. */
const BOOKMARK_INTERVAL_MS = 30_000;

/**
 * Events in batches, each batch as soon as there is something to tell. Ends by itself after the time-out, with a last
 * bookmark. A reader that fell too far behind gets the error 410 and has to list again.
 */
export async function* watchObjects(
  context: RegistryContext,
  target: Target,
  request: WatchRequest,
): AsyncGenerator<readonly WatchEvent[], void> {
  const { matches, signal } = request;
  const deadline = performance.now() + request.timeoutMs;
  const wantsState = request.sendInitialEvents ?? (request.resourceVersion ?? 0) === 0;
  let revision =
    wantsState || request.resourceVersion === undefined ? context.storage.revision : request.resourceVersion;
  let stream: ChangeStream;
  try {
    checkKnown(context, request.resourceVersion ?? 0);
    stream = context.storage.watch(scopeOf(target), revision);
  } catch (thrown) {
    yield [errorEvent(thrown)];
    return;
  }
  const close = (): void => {
    stream.close();
  };
  signal.addEventListener('abort', close, { once: true });
  try {
    if (wantsState) yield* initialState(context, target, request, revision);
    while (!signal.aborted) {
      const left = Math.max(0, deadline - performance.now());
      const batch = await stream.next(Math.min(left, BOOKMARK_INTERVAL_MS));
      if (batch === undefined) return;
      revision = batch.revision;
      const events = batch.changes.flatMap((change) => eventOf(change, matches) ?? []);
      if (events.length > 0) yield events;
      if (batch.changes.length > 0) continue;
      if (request.bookmarks) yield [{ type: 'BOOKMARK', revision, initialEventsEnd: false }];
      if (left <= BOOKMARK_INTERVAL_MS) return;
    }
  } catch (thrown) {
    yield [errorEvent(thrown)];
  } finally {
    signal.removeEventListener('abort', close);
    stream.close();
  }
}

/** A version from the future was seen on another server, or before data was lost: what the client knows is not ours. */
function checkKnown({ storage }: RegistryContext, revision: number): void {
  if (revision <= storage.revision) return;
  throw expired(`too large resource version: ${revision}, current: ${storage.revision}; list again`);
}

async function* initialState(
  context: RegistryContext,
  target: Target,
  request: WatchRequest,
  revision: number,
): AsyncGenerator<readonly WatchEvent[], void> {
  const { items } = await context.storage.list(scopeOf(target), { atRevision: revision });
  const { matches } = request;
  const wanted = matches === undefined ? items : items.filter((stored) => matches(stored.object));
  yield wanted.map((stored) => ({ type: 'ADDED', stored }));
  if (request.sendInitialEvents === true && request.bookmarks)
    yield [{ type: 'BOOKMARK', revision, initialEventsEnd: true }];
}

/** What a change is to a watcher with a selector: an object that comes to match appears, one that ceases to, goes. */
function eventOf(change: Change, matches: Matcher | undefined): WatchEvent | undefined {
  const after = change.type !== 'deleted' && (matches === undefined || matches(change.current.object));
  const before = change.previous !== undefined && (matches === undefined || matches(change.previous.object));
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', stored: change.current };
  return before ? { type: 'DELETED', stored: change.current } : undefined;
}

function errorEvent(thrown: unknown): WatchEvent {
  if (thrown instanceof RevisionCompactedError) return { type: 'ERROR', error: expired(thrown.message) };
  if (thrown instanceof ApiError) return { type: 'ERROR', error: thrown };
  throw thrown;
}
