import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { KubeObject } from '../../lib/kube/objects.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { ChangeFeed } from './change-feed.ts';
import { openSchema } from './sqlite-schema.ts';
import { SqliteStatements } from './sqlite-statements.ts';
import { listAt } from './sqlite-list.ts';
import {
  KeyExistsError,
  ObjectTooLargeError,
  RevisionCompactedError,
  RevisionConflictError,
} from './storage-errors.ts';
import type {
  Change,
  ChangeStream,
  Page,
  PageOptions,
  Storage,
  StorageKey,
  StorageScope,
  WriteOptions,
} from './storage.ts';
import { StoredObject } from './stored-object.ts';

export interface SqliteOptions {
  /** The database file; its folder exists. */
  readonly path: string;
  readonly clock: Clock;
  /** Changes older than this may be forgotten, milliseconds. */
  readonly historyMs: number;
  /** No more changes than this are remembered. */
  readonly historyChanges: number;
}

/** A write that waits for the next commit. */
interface PendingWrite {
  /** Checks and applies it inside the transaction; throws when it may not be made. */
  readonly apply: (revision: number) => Change;
  readonly resolve: (stored: StoredObject) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * {@link Storage} in one SQLite file that this process has for itself. Writes that arrive together are committed
 * together: one fsync for all of them, and none is answered or shown to a watcher before it.
 */
export class SqliteStorage implements Storage {
  readonly #database: DatabaseSync;
  readonly #statements: SqliteStatements;
  readonly #options: SqliteOptions;
  readonly #feed: ChangeFeed;
  #revision: number;
  #oldest: number;
  #pending: PendingWrite[] = [];

  /** Opens or creates the file. Throws {@link UsageError} when it cannot be used. */
  constructor(options: SqliteOptions) {
    this.#options = options;
    this.#database = new DatabaseSync(options.path);
    // Secrets are in it.
    chmodSync(options.path, 0o600);
    try {
      openSchema(this.#database, options.path);
    } catch (thrown) {
      this.#database.close();
      throw thrown;
    }
    this.#statements = new SqliteStatements(this.#database);
    ({ revision: this.#revision, oldest: this.#oldest } = this.#statements.position());
    this.#feed = new ChangeFeed(
      {
        oldest: () => this.#oldest,
        read: (scope, after, limit) => this.#statements.changes(scope, after, limit),
      },
      this.#revision,
    );
  }

  get revision(): number {
    return this.#revision;
  }

  async get(key: StorageKey): Promise<StoredObject | undefined> {
    return this.#statements.get(key);
  }

  async list(scope: StorageScope, options: PageOptions = {}): Promise<Page> {
    const revision = options.atRevision ?? this.#revision;
    if (revision < this.#oldest) throw new RevisionCompactedError(revision, this.#oldest);
    return listAt(this.#statements, scope, options, revision, this.#revision);
  }

  create(key: StorageKey, object: KubeObject, options: WriteOptions = {}): Promise<StoredObject> {
    return this.#write((revision) => {
      if (this.#statements.get(key) !== undefined) throw new KeyExistsError(`${key.name} exists already`);
      const current = StoredObject.encode(object, revision);
      this.#statements.insert(key, current, this.#expiry(options));
      return { revision, type: 'created', key, current, previous: undefined };
    });
  }

  update(key: StorageKey, object: KubeObject, expected: number, options: WriteOptions = {}): Promise<StoredObject> {
    return this.#write((revision) => {
      const previous = this.#expect(key, expected);
      const current = StoredObject.encode(object, revision);
      this.#statements.replace(key, current, this.#expiry(options));
      return { revision, type: 'updated', key, current, previous };
    });
  }

  delete(key: StorageKey, expected: number): Promise<StoredObject> {
    return this.#write((revision) => this.#remove(key, this.#expect(key, expected), revision));
  }

  watch(scope: StorageScope, after: number): ChangeStream {
    return this.#feed.watch(scope, after);
  }

  async maintain(): Promise<void> {
    const now = this.#options.clock.now();
    const expired = this.#statements.expired(now);
    await Promise.allSettled(expired.map((entry) => this.delete(entry.key, entry.revision)));
    const byAge = this.#statements.lastChangeBefore(now - this.#options.historyMs);
    const oldest = Math.max(this.#oldest, byAge, this.#revision - this.#options.historyChanges);
    if (oldest === this.#oldest) return;
    this.#statements.forgetUpTo(oldest, this.#revision);
    this.#oldest = oldest;
  }

  close(): void {
    this.#flush();
    this.#feed.close();
    this.#database.close();
  }

  #expect(key: StorageKey, expected: number): StoredObject {
    const stored = this.#statements.get(key);
    if (stored?.revision !== expected) throw new RevisionConflictError(`${key.name} is not at revision ${expected}`);
    return stored;
  }

  #remove(key: StorageKey, previous: StoredObject, revision: number): Change {
    this.#statements.remove(key);
    return { revision, type: 'deleted', key, current: StoredObject.encode(previous.object, revision), previous };
  }

  #expiry(options: WriteOptions): number | null {
    return options.ttlMs === undefined ? null : this.#options.clock.now() + options.ttlMs;
  }

  #write(apply: PendingWrite['apply']): Promise<StoredObject> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ apply, resolve, reject });
      // setImmediate and not a microtask: requests that were read from sockets in this turn join the same commit.
      if (this.#pending.length === 1)
        setImmediate(() => {
          this.#flush();
        });
    });
  }

  /** Commits what is pending. A write that is refused leaves no trace; a failing disk fails all of them. */
  #flush(): void {
    const writes = this.#pending;
    if (writes.length === 0) return;
    this.#pending = [];
    const changes: Change[] = [];
    const settle: (() => void)[] = [];
    let revision = this.#revision;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const write of writes) {
        let change: Change;
        try {
          change = write.apply(revision + 1);
        } catch (thrown) {
          if (!isRefusal(thrown)) throw thrown;
          settle.push(() => {
            write.reject(thrown);
          });
          continue;
        }
        this.#statements.record(change, this.#options.clock.now());
        revision = change.revision;
        changes.push(change);
        settle.push(() => {
          write.resolve(change.current);
        });
      }
      this.#database.exec('COMMIT');
    } catch (thrown) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      for (const write of writes) write.reject(thrown);
      return;
    }
    this.#revision = revision;
    this.#feed.publish(changes);
    for (const tell of settle) tell();
  }
}

/** Whether a write was refused by the contract, and not by a fault of the database. */
function isRefusal(thrown: unknown): boolean {
  return (
    thrown instanceof KeyExistsError || thrown instanceof RevisionConflictError || thrown instanceof ObjectTooLargeError
  );
}
