import type { KubeObject, ObjectKey, Resource } from './objects.ts';

/**
 * The few calls the programs make to a Kubernetes API. One implementation (api-client.ts); what it uses of
 * @kubernetes/client-node for authentication, nothing else in the tree sees.
 */
export interface KubeClient {
  /** The object, or undefined when there is none (404). */
  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, signal?: AbortSignal): Promise<T | undefined>;
  /**
   * Every object that matches, read in pages, with the resource version the list is true at. Pages become smaller where
   * objects are large; rejects only when a single object is more than is read.
   */
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<ObjectList<T>>;
  create<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T>;
  /**
   * Replaces the object; 409 when its resourceVersion is not the current one. `status` replaces only the status,
   * `finalize` only `spec.finalizers` of a Namespace.
   */
  replace<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: { subresource?: 'status' | 'finalize'; signal?: AbortSignal },
  ): Promise<T>;
  /** Patches the object. A `metadata.resourceVersion` in a merge patch makes it conditional. */
  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options?: { subresource?: 'status'; signal?: AbortSignal },
  ): Promise<T>;
  /** Deletes the object; resolves too when it is already gone. */
  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<void>;
  /**
   * The changes after `resourceVersion`. Ends when the server ends the stream; throws {@link KubeApiError} with
   * status 410 when the version is too old, or {@link KubeConnectionError}.
   */
  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Closes idle connections. */
  close(): void;
}

export type Patch =
  { readonly type: 'merge'; readonly body: object } | { readonly type: 'json'; readonly body: readonly object[] };

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly signal?: AbortSignal;
}

export interface ObjectList<T> {
  readonly items: T[];
  readonly resourceVersion: string;
}

export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly signal?: AbortSignal;
}

export interface WatchOptions extends ListOptions {
  readonly resourceVersion: string;
  /** The server ends the stream after this many seconds. */
  readonly timeoutSeconds: number;
  /** No byte for this long means the connection is dead, milliseconds. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** An answer of the API server that is not 2xx, from its `Status`. */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError';
  /** HTTP status. */
  readonly status: number;
  /** `AlreadyExists`, `Conflict`, `Invalid`, `Forbidden`, `Expired` … */
  readonly reason: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * No usable answer came: the server cannot be reached, did not answer in time, ended the connection, or what answers
 * is no Kubernetes API. A request that changes something may have been carried out all the same.
 */
export class KubeConnectionError extends Error {
  override readonly name = 'KubeConnectionError';
  /** `ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT` … where the cause has one. */
  readonly code: string | undefined;

  constructor(message: string, options: { cause?: unknown; code?: string | undefined } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = options.code;
  }
}

/** Code of a {@link KubeConnectionError}: an answer that is larger than is read. */
export const TOO_LARGE = 'ANSWER_TOO_LARGE';

const hasStatus = (thrown: unknown, status: number): boolean =>
  thrown instanceof KubeApiError && thrown.status === status;

/** 409 with reason Conflict: somebody else wrote first; read again and decide again. */
export const isConflict = (thrown: unknown): boolean =>
  hasStatus(thrown, 409) && (thrown as KubeApiError).reason === 'Conflict';
export const isAlreadyExists = (thrown: unknown): boolean =>
  hasStatus(thrown, 409) && (thrown as KubeApiError).reason === 'AlreadyExists';
export const isNotFound = (thrown: unknown): boolean => hasStatus(thrown, 404);
/** 410: the resource version is too old to go on from; list again. */
export const isExpired = (thrown: unknown): boolean => hasStatus(thrown, 410);
/** The answer is larger than is read; it would be again. */
export const isTooLarge = (thrown: unknown): boolean =>
  thrown instanceof KubeConnectionError && thrown.code === TOO_LARGE;
