import type { Change, ChangeStream, StorageScope } from './storage.ts';
import { RevisionCompactedError } from './storage-errors.ts';

/** How much the feed holds and hands out. */
export interface FeedLimits {
  /** Changes kept in memory, at most twice as many. A watcher that is further behind reads from the history. */
  readonly recentChanges: number;
  /** Bound on the text of those changes, characters. */
  readonly recentCharacters: number;
  /** Changes a watcher gets at once. */
  readonly batch: number;
}

const LIMITS: FeedLimits = { recentChanges: 2_000, recentCharacters: 32 * 1024 * 1024, batch: 250 };

/** The part of the history that is no longer in memory. */
export interface History {
  /** The oldest revision changes can be read after. */
  oldest(): number;
  /** At most `limit` changes of the scope after a revision, oldest first. */
  read(scope: StorageScope, after: number, limit: number): Change[];
}

/**
 * Hands the changes of a storage to its watchers. Watchers pull: each has a position, is woken when its resource
 * changes, and reads on from its position in memory (or, when it fell behind, from the history). A slow watcher
 * therefore costs no memory, and a change is encoded once however many watch.
 */
export class ChangeFeed {
  readonly #history: History;
  /** Consecutive revisions, ending at `#revision`. */
  #recent: Change[] = [];
  #characters = 0;
  #revision: number;
  readonly #limits: FeedLimits;
  readonly #streams = new Map<string, Set<FeedStream>>();

  constructor(history: History, revision: number, limits: FeedLimits = LIMITS) {
    this.#history = history;
    this.#revision = revision;
    this.#limits = limits;
  }

  /** Adds changes that are on disk, in the order of their revisions, and wakes who watches these resources. */
  publish(changes: readonly Change[]): void {
    for (const change of changes) {
      this.#recent.push(change);
      this.#characters += charactersOf(change);
      this.#revision = change.revision;
    }
    this.#trim();
    for (const resource of new Set(changes.map((change) => change.key.resource))) {
      for (const stream of this.#streams.get(resource) ?? []) stream.wake();
    }
  }

  watch(scope: StorageScope, after: number): ChangeStream {
    this.#check(after);
    const stream: FeedStream = new FeedStream(
      after,
      (position) => this.#read(scope, position),
      () => {
        const group = this.#streams.get(scope.resource);
        group?.delete(stream);
        if (group?.size === 0) this.#streams.delete(scope.resource);
      },
    );
    const group = this.#streams.get(scope.resource) ?? new Set();
    this.#streams.set(scope.resource, group.add(stream));
    return stream;
  }

  close(): void {
    for (const group of [...this.#streams.values()]) for (const stream of [...group]) stream.close();
  }

  #check(position: number): void {
    const oldest = this.#history.oldest();
    if (position < oldest) throw new RevisionCompactedError(position, oldest);
  }

  #read(scope: StorageScope, position: number): Batch {
    const { batch } = this.#limits;
    const first = this.#recent[0]?.revision ?? this.#revision + 1;
    if (position + 1 < first) {
      this.#check(position);
      const changes = this.#history.read(scope, position, batch);
      return { changes, revision: changes.length < batch ? this.#revision : (changes.at(-1)?.revision ?? position) };
    }
    const changes: Change[] = [];
    let index = position + 1 - first;
    for (; index < this.#recent.length && changes.length < batch; index++) {
      const change = this.#recent[index];
      if (change !== undefined && isInScope(change, scope)) changes.push(change);
    }
    return { changes, revision: first + index - 1 };
  }

  /** Drops the older half when there is too much, so that trimming costs little a change. */
  #trim(): void {
    const { recentChanges, recentCharacters } = this.#limits;
    if (this.#recent.length <= 2 * recentChanges && this.#characters <= recentCharacters) return;
    this.#recent = this.#recent.slice(Math.ceil(this.#recent.length / 2));
    this.#characters = this.#recent.reduce((sum, change) => sum + charactersOf(change), 0);
  }
}

function charactersOf(change: Change): number {
  return change.current.json.length + (change.previous?.json.length ?? 0);
}

function isInScope(change: Change, scope: StorageScope): boolean {
  return (
    change.key.resource === scope.resource &&
    (scope.namespace === undefined || change.key.namespace === scope.namespace)
  );
}

interface Batch {
  readonly changes: readonly Change[];
  readonly revision: number;
}

class FeedStream implements ChangeStream {
  #position: number;
  #closed = false;
  #wake: (() => void) | undefined;
  readonly #read: (position: number) => Batch;
  readonly #onClose: () => void;

  constructor(position: number, read: (position: number) => Batch, onClose: () => void) {
    this.#position = position;
    this.#read = read;
    this.#onClose = onClose;
  }

  async next(waitMs: number): Promise<Batch | undefined> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      if (this.#closed) return undefined;
      const batch = this.#read(this.#position);
      this.#position = batch.revision;
      const left = deadline - performance.now();
      if (batch.changes.length > 0 || left <= 0) return batch;
      await this.#sleep(left);
    }
  }

  /** Ends a running `next` early, to look again. */
  wake(): void {
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#onClose();
    this.#wake?.();
  }

  async #sleep(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
