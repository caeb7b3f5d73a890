import { delayAfter } from '../runtime/backoff.ts';
import type { Backoff } from '../runtime/backoff.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Clock } from '../runtime/clock.ts';
import { toError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { isExpired, KubeApiError, KubeConnectionError } from './client.ts';
import type { KubeClient, ListOptions } from './client.ts';
import { deepFreeze } from './freeze.ts';
import { ObjectCache } from './object-cache.ts';
import type { Change, IndexFunction } from './object-cache.ts';
import { formatKey, keyOf } from './objects.ts';
import type { KubeObject, ObjectKey, Resource } from './objects.ts';
import { compareResourceVersions } from './resource-version.ts';

export type { Change, IndexFunction } from './object-cache.ts';

export interface InformerOptions<T extends KubeObject> {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly resource: Resource<T>;
  readonly log: Logger;
  /** One namespace; all when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Look-ups by something else than the key, for {@link Informer.byIndex}. */
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** What of an object is worth keeping; all of it but `metadata.managedFields` when absent. */
  readonly keep?: (object: T) => T;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly timings?: Partial<InformerTimings>;
}

export interface InformerTimings {
  /** Between attempts that failed or did not hold. */
  readonly backoff: Backoff;
  /** A stream that held this long was a good one: the next failure starts the back-off anew. Milliseconds. */
  readonly goodAfterMs: number;
  /** The server is asked to end a watch after this (and up to twice this), seconds. */
  readonly watchSeconds: number;
  /** A watch without a byte for this long is dead, milliseconds. Servers send a bookmark about once a minute. */
  readonly idleTimeoutMs: number;
}

const TIMINGS: InformerTimings = {
  backoff: { initialMs: 200, maximumMs: 30_000 },
  goodAfterMs: 10_000,
  watchSeconds: 300,
  idleTimeoutMs: 150_000,
};

/**
 * Keeps a copy of the objects of one resource that is never far behind the server, and tells its handlers what changed.
 *
 * It goes round three states until it is stopped. *Listing*: the copy is replaced by a list, which yields a resource
 * version. *Watching*: changes after that version are applied one by one; the stream ending for whatever reason (its
 * time is up, the connection broke or fell silent, garbage came) leads to *waiting* and then to watching again from the
 * last version seen, or to listing when that version is too old (410). *Waiting*: for the back-off of the failures so
 * far. A stream that did not hold for `goodAfterMs` counts as a failure however it ended, so no server can bring about
 * a storm of requests.
 *
 * Objects are frozen and shared: make a copy to change one. Handlers are told levels, not edges: several changes may
 * arrive as one.
 */
export class Informer<T extends KubeObject> {
  readonly #options: InformerOptions<T>;
  readonly #timings: InformerTimings;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #log: Logger;
  readonly #cache: ObjectCache<T>;
  readonly #handlers = new Set<(change: Change<T>) => void>();
  readonly #stop = new AbortController();
  readonly #synced = Promise.withResolvers<undefined>();
  #hasSynced = false;
  #running: Promise<void> | undefined;
  /** Where the stream stands; undefined when a list is needed. */
  #resourceVersion: string | undefined;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#timings = { ...TIMINGS, ...options.timings };
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#log = options.log.child({ informer: options.resource.plural });
    this.#cache = new ObjectCache(options.indexes ?? {});
    this.#synced.promise.catch(() => undefined);
  }

  get resource(): Resource<T> {
    return this.#options.resource;
  }

  /** The first list has been read, so that an object that is not in the copy does not exist. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Starts to list and watch. Handlers should be there before. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the watch, closes its connection and waits until nothing runs any more. */
  async stop(): Promise<void> {
    const reason = new Error(`the informer of ${this.resource.plural} was stopped`);
    this.#stop.abort(reason);
    this.#synced.reject(reason);
    await this.#running;
  }

  /** Resolves once the first list has been read; rejects when `signal` aborts or the informer is stopped before. */
  async waitForSync(signal?: AbortSignal): Promise<void> {
    if (signal === undefined) {
      await this.#synced.promise;
      return;
    }
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => {
      aborted.reject(toError(signal.reason));
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([this.#synced.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The object with this key (`namespace/name` or `name`), or undefined. */
  get(key: string | ObjectKey): T | undefined {
    return this.#cache.get(typeof key === 'string' ? key : formatKey(key));
  }

  /** Every object. */
  list(): T[] {
    return this.#cache.list();
  }

  /** The objects that have `value` in the index `name`. */
  byIndex(name: string, value: string): T[] {
    return this.#cache.byIndex(name, value);
  }

  /** How many objects have `value` in the index `name`. */
  countByIndex(name: string, value: string): number {
    return this.#cache.countByIndex(name, value);
  }

  /** Calls `handler` for every change from now on; objects already known are told as added. Returns how to end that. */
  onChange(handler: (change: Change<T>) => void): () => void {
    this.#handlers.add(handler);
    for (const object of this.list()) this.#tell([handler], { type: 'added', key: keyOf(object), object });
    return () => {
      this.#handlers.delete(handler);
    };
  }

  /**
   * Shows the copy what this process has just written (the server's answer to it), so that the next decision does not
   * rest on what was before. Handlers are told when the stream brings it.
   */
  observeWrite(object: T): void {
    this.#cache.observeWrite(this.#trim(object));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      let watchingSince: number | undefined;
      try {
        this.#resourceVersion ??= await this.#list(signal);
        watchingSince = this.#clock.now();
        await this.#watch(this.#resourceVersion, signal);
      } catch (thrown) {
        this.#explain(thrown);
      }
      const held = watchingSince === undefined ? 0 : this.#clock.now() - watchingSince;
      failures = held >= this.#timings.goodAfterMs ? 0 : failures + 1;
      if (failures === 0) continue;
      const wait = delayAfter(failures, this.#timings.backoff, this.#random());
      await this.#clock.sleep(wait, signal).catch(() => undefined);
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const mark = this.#cache.writes;
    const list = await this.#options.client.list(this.resource, { ...this.#scope(), signal });
    const items = list.items.map((item) => this.#trim(item));
    this.#tellAll(this.#cache.replace(items, list.resourceVersion, mark));
    this.#hasSynced = true;
    this.#synced.resolve(undefined);
    return list.resourceVersion;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const events = this.#options.client.watch(this.resource, {
      ...this.#scope(),
      resourceVersion,
      // Spread, so that not all watches of all programs end together.
      timeoutSeconds: Math.round(this.#timings.watchSeconds * (1 + this.#random())),
      idleTimeoutMs: this.#timings.idleTimeoutMs,
      signal,
    });
    for await (const event of events) {
      if (event.type === 'BOOKMARK') {
        this.#advance(event.resourceVersion);
      } else {
        const object = this.#trim(event.object);
        const change = this.#cache.apply(event.type, object);
        if (change !== undefined) this.#tellAll([change]);
        this.#resourceVersion = object.metadata.resourceVersion;
      }
    }
  }

  #scope(): ListOptions {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }

  #advance(resourceVersion: string): void {
    if ((compareResourceVersions(resourceVersion, this.#resourceVersion ?? '') ?? 0) < 0) {
      throw new KubeApiError(410, 'Expired', 'the server has gone back to an older state');
    }
    this.#cache.advance(resourceVersion);
    this.#resourceVersion = resourceVersion;
  }

  #explain(thrown: unknown): void {
    if (this.#stop.signal.aborted) return;
    const error = toError(thrown);
    if (needsList(thrown)) this.#resourceVersion = undefined;
    if (isExpired(thrown)) {
      this.#log.debug({ err: error }, 'cannot go on from the last resource version, listing again');
    } else if (error instanceof KubeConnectionError && error.code === 'UND_ERR_BODY_TIMEOUT') {
      this.#log.debug('the watch fell silent, connecting again');
    } else {
      this.#log.warn({ err: error }, 'list or watch failed, trying again');
    }
  }

  /** Without what no program of ours reads, which is often half of an object. */
  #trim(object: T): T {
    if (this.#options.keep !== undefined) return deepFreeze(this.#options.keep(object));
    const { managedFields: _, ...metadata } = object.metadata;
    return deepFreeze({ ...object, metadata });
  }

  #tellAll(changes: readonly Change<T>[]): void {
    for (const change of changes) this.#tell(this.#handlers, change);
  }

  #tell(handlers: Iterable<(change: Change<T>) => void>, change: Change<T>): void {
    for (const handler of handlers) {
      try {
        handler(change);
      } catch (thrown) {
        this.#log.error({ err: toError(thrown), key: change.key }, 'a handler failed');
      }
    }
  }
}

/**
 * Whether a new list is needed to go on. Connections break and servers are overloaded without the resource version
 * being at fault; any other refusal (too old, 410; newer than the server knows after it was restored, 504; not
 * understood, 400) would only come again.
 */
function needsList(thrown: unknown): boolean {
  return thrown instanceof KubeApiError && ![401, 403, 429, 503].includes(thrown.status);
}
