import type { KubeObject } from '../../lib/kube/objects.ts';
import type { StoredObject } from './stored-object.ts';

/**
 * Where objects are kept: the whole contract between the API and what stores it. One counter, the revision, goes up by
 * one with each change of any object and never skips; an object's `metadata.resourceVersion` is the revision of its
 * last change. That one number gives compare-and-set, lists that are true at a moment, and watches that resume.
 */
export interface Storage {
  /** The revision of the last change. */
  readonly revision: number;
  get(key: StorageKey): Promise<StoredObject | undefined>;
  /** Objects in the order of namespace and name. Throws {@link RevisionCompactedError}. */
  list(scope: StorageScope, options?: PageOptions): Promise<Page>;
  /** Throws {@link KeyExistsError}, {@link ObjectTooLargeError}. `object` is stored with its new resourceVersion. */
  create(key: StorageKey, object: KubeObject, options?: WriteOptions): Promise<StoredObject>;
  /**
   * Replaces what has revision `expected`. Throws {@link RevisionConflictError}, also when the object is gone, and
   * {@link ObjectTooLargeError}.
   */
  update(key: StorageKey, object: KubeObject, expected: number, options?: WriteOptions): Promise<StoredObject>;
  /** Removes what has revision `expected`; answers its last state. Throws {@link RevisionConflictError}. */
  delete(key: StorageKey, expected: number): Promise<StoredObject>;
  /** The changes after revision `after`. Throws {@link RevisionCompactedError} when they are no longer all known. */
  watch(scope: StorageScope, after: number): ChangeStream;
  /** To be called about once a minute: forgets old history, removes objects whose time to live is over. */
  maintain(): Promise<void>;
  /** Every write that was answered is on disk already; open streams end. */
  close(): void;
}

/** An object's place. `resource` is `group/plural` (`/secrets` for the core group); `namespace` is `''` when cluster-wide. */
export interface StorageKey {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** All objects of a resource, or those of one namespace. */
export interface StorageScope {
  readonly resource: string;
  readonly namespace?: string;
}

export interface PageOptions {
  /** At most so many objects; all when absent. */
  readonly limit?: number;
  /** Start after this place. */
  readonly after?: { readonly namespace: string; readonly name: string };
  /** As the objects were at this revision; as they are now when absent. */
  readonly atRevision?: number;
}

export interface Page {
  readonly items: readonly StoredObject[];
  /** The revision the page is true at. */
  readonly revision: number;
  /** How many objects of the scope come after this page; 0 on the last one. */
  readonly remaining: number;
}

export interface WriteOptions {
  /** Remove the object so long after this write, milliseconds. */
  readonly ttlMs?: number;
}

/** One change of one object. */
export interface Change {
  readonly revision: number;
  readonly type: 'created' | 'updated' | 'deleted';
  readonly key: StorageKey;
  /** As it is after the change; for a deletion its last state, with the revision of the deletion. */
  readonly current: StoredObject;
  /** As it was before; undefined for a creation. */
  readonly previous: StoredObject | undefined;
}

/** A position in the history that moves forward. */
export interface ChangeStream {
  /**
   * The next changes, at most a few hundred; or none, when there was none for `waitMs` milliseconds. `revision` says up
   * to where the stream has been read. `undefined`: the stream was closed. Throws {@link RevisionCompactedError} when
   * the reader fell behind what is kept.
   */
  next(waitMs: number): Promise<{ readonly changes: readonly Change[]; readonly revision: number } | undefined>;
  close(): void;
}
