import type { DeleteOptions, KubeClient, ListOptions, ObjectList, Patch, WatchEvent, WatchOptions } from './client.ts';
import { isExpired, isNotFound, isTooLarge, KubeConnectionError } from './client.ts';
import { loadConnection } from './connection.ts';
import type { ConnectionSource, KubeConnection } from './connection.ts';
import { apiVersionOf } from './objects.ts';
import type { KubeObject, ObjectKey, Resource } from './objects.ts';
import { collectionPath, objectPath, queryString } from './resource-path.ts';
import { SUBJECT_ACCESS_REVIEWS } from './core-resources.ts';
import { Transport } from './transport.ts';
import type { TransportOptions } from './transport.ts';
import { decodeEvent, lines } from './watch-stream.ts';

/** Where the API server is (or a connection that was loaded already), and how to talk to it. */
export type KubeClientOptions = (ConnectionSource | { readonly connection: KubeConnection }) & TransportOptions;

/** Objects in one page of a list, as long as they are of the usual size; see {@link smallerPage}. */
const PAGE_SIZE = 500;
/** A list that expires half-way is begun again this often in pages; after that it is read in one piece. */
const PAGED_ATTEMPTS = 2;

/**
 * A client of one API server. Reads the kubeconfig at once and throws `UsageError` when it is no good; connects with
 * the first request.
 */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const connection = 'connection' in options ? options.connection : loadConnection(options);
  return new ApiClient(new Transport(connection, options));
}

class ApiClient implements KubeClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return asObject(resource, await this.#transport.json({ method: 'GET', path: objectPath(resource, key), signal }));
    } catch (thrown) {
      if (isNotFound(thrown)) return undefined;
      throw thrown;
    }
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#listPages(resource, options, attempt > PAGED_ATTEMPTS ? undefined : PAGE_SIZE);
      } catch (thrown) {
        if (!isExpired(thrown) || attempt > PAGED_ATTEMPTS) throw thrown;
      }
    }
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T> {
    if (resource.namespaced && object.metadata.namespace === undefined) {
      throw new TypeError(`${resource.kind} ${object.metadata.name ?? ''} without a namespace cannot be created`);
    }
    const path = collectionPath(resource, object.metadata.namespace);
    return asObject(
      resource,
      await this.#transport.json({
        method: 'POST',
        path,
        body: typed(resource, object),
        // Questions about rights are asked by creating them, and leave nothing behind.
        ...(resource.group === SUBJECT_ACCESS_REVIEWS.group ? { isRead: true } : {}),
        signal,
      }),
    );
  }

  async replace<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: { subresource?: 'status' | 'finalize'; signal?: AbortSignal } = {},
  ): Promise<T> {
    const path = objectPath(resource, keyOfObject(object), options.subresource);
    const body = typed(resource, object);
    return asObject(resource, await this.#transport.json({ method: 'PUT', path, body, signal: options.signal }));
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options: { subresource?: 'status'; signal?: AbortSignal } = {},
  ): Promise<T> {
    return asObject(
      resource,
      await this.#transport.json({
        method: 'PATCH',
        path: objectPath(resource, key, options.subresource),
        body: patch.body,
        contentType: patch.type === 'merge' ? 'application/merge-patch+json' : 'application/json-patch+json',
        signal: options.signal,
      }),
    );
  }

  async delete(resource: Resource, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion, propagationPolicy, signal } = options;
    const preconditions = { uid, resourceVersion };
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(uid === undefined && resourceVersion === undefined ? {} : { preconditions }),
      ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    };
    try {
      await this.#transport.json({ method: 'DELETE', path: objectPath(resource, key), body, signal });
    } catch (thrown) {
      if (!isNotFound(thrown)) throw thrown;
    }
  }

  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const query = queryString({
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
    });
    const path = collectionPath(resource, options.namespace) + query;
    for await (const line of lines(this.#transport.stream(path, options.idleTimeoutMs, options.signal))) {
      const event = decodeEvent<T>(line);
      if (event !== undefined) yield event;
    }
  }

  close(): void {
    this.#transport.close();
  }

  async #listPages<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions,
    pageSize: number | undefined,
  ): Promise<ObjectList<T>> {
    const items: T[] = [];
    let limit = pageSize;
    let token: string | undefined;
    for (;;) {
      const query = queryString({
        limit,
        continue: token,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
      });
      const path = collectionPath(resource, options.namespace) + query;
      let answer: unknown;
      try {
        answer = await this.#transport.json({ method: 'GET', path, signal: options.signal });
      } catch (thrown) {
        if (!isTooLarge(thrown) || limit === 1) throw thrown;
        limit = smallerPage(limit);
        continue;
      }
      const page = asList(resource, answer);
      // The items of a list come without their type.
      for (const item of page.items) items.push(typed(resource, item));
      token = page.metadata.continue;
      if (token === undefined || token === '') return { items, resourceVersion: page.metadata.resourceVersion };
    }
  }
}

/**
 * The page to ask for after one that was larger than an answer may be. Objects can be large, and whoever may create
 * some must not keep everybody else from reading the list.
 */
function smallerPage(limit: number | undefined): number {
  return limit === undefined ? PAGE_SIZE : Math.ceil(limit / 2);
}

function keyOfObject(object: KubeObject): ObjectKey {
  const { name, namespace } = object.metadata;
  return { name: name ?? '', ...(namespace === undefined ? {} : { namespace }) };
}

function typed<T extends KubeObject>(resource: Resource<T>, object: T): T {
  if (object.apiVersion !== undefined && object.kind !== undefined) return object;
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

function asObject<T extends KubeObject>(resource: Resource<T>, answer: unknown): T {
  const object = answer as Partial<KubeObject> | null;
  if (typeof object !== 'object' || typeof object?.metadata !== 'object') {
    throw new KubeConnectionError(`what answers is no Kubernetes API: it sent something else than a ${resource.kind}`);
  }
  return object as T;
}

interface ListPage<T> {
  readonly items: readonly T[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

function asList<T extends KubeObject>(resource: Resource<T>, answer: unknown): ListPage<T> {
  const list = answer as { items?: T[] | null; metadata?: Partial<ListPage<T>['metadata']> } | null;
  if (typeof list !== 'object' || typeof list?.metadata?.resourceVersion !== 'string') {
    throw new KubeConnectionError(`what answers is no Kubernetes API: it sent no list of ${resource.plural}`);
  }
  return { items: list.items ?? [], metadata: list.metadata as ListPage<T>['metadata'] };
}
