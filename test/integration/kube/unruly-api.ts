import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { KubeObject } from '../../../lib/kube/objects.ts';

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

/**
 * An API server for one resource (ConfigMaps) that lists and watches as it should, and misbehaves on purpose: what is
 * put into `next` decides about the next requests of that kind, one each.
 */
export class UnrulyApi {
  readonly next: { list: Behaviour[]; watch: Behaviour[]; other: Behaviour[] } = { list: [], watch: [], other: [] };
  readonly requests: string[] = [];
  readonly #objects = new Map<string, KubeObject>();
  readonly #changes: Change[] = [];
  readonly #watchers = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #version = 100;
  #oldest = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      this.#answer(request, response);
    });
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(): Promise<UnrulyApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new UnrulyApi(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get watches(): number {
    return this.requests.filter((url) => url.includes('watch=')).length;
  }

  get lists(): number {
    return this.requests.filter((url) => !url.includes('watch=')).length;
  }

  put(name: string, labels: Record<string, string> = {}): KubeObject {
    this.#version += 1;
    const object: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        namespace: 'ns',
        name,
        uid: `uid-${name}`,
        resourceVersion: String(this.#version),
        labels,
        managedFields: [{}],
      },
    };
    const type = this.#objects.has(name) ? 'MODIFIED' : 'ADDED';
    this.#objects.set(name, object);
    this.#publish({ type, object });
    return object;
  }

  remove(name: string): void {
    const object = this.#objects.get(name);
    if (object === undefined) throw new Error(`there is no ${name}`);
    this.#objects.delete(name);
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    this.#publish({ type: 'DELETED', object: { ...object, metadata } });
  }

  /** Forgets all changes so far, as a server that compacts does. */
  compact(): void {
    this.#version += 1;
    this.#oldest = this.#version;
  }

  /** Breaks every connection. */
  breakConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends every watch as if its time were up. */
  endWatches(): void {
    for (const watcher of this.#watchers) watcher.end();
    this.#watchers.clear();
  }

  bookmark(): void {
    const object = { metadata: { resourceVersion: String(this.#version) } };
    for (const watcher of this.#watchers) watcher.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  async stop(): Promise<void> {
    this.breakConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #publish(change: Change): void {
    this.#changes.push(change);
    for (const watcher of this.#watchers) watcher.write(`${JSON.stringify(change)}\n`);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    this.requests.push(url);
    response.on('error', () => undefined);
    const query = new URL(url, this.url).searchParams;
    const kind = query.has('watch') ? 'watch' : request.method === 'GET' ? 'list' : 'other';
    const behaviour = this.next[kind].shift();
    if (behaviour !== undefined) behaviour(request, response);
    else if (kind === 'watch') this.#watch(Number(query.get('resourceVersion')), response);
    else if (kind === 'list') this.#list(response);
    else response.writeHead(405).end();
  }

  #list(response: ServerResponse): void {
    response.end(
      JSON.stringify({
        kind: 'List',
        metadata: { resourceVersion: String(this.#version) },
        items: [...this.#objects.values()],
      }),
    );
  }

  #watch(from: number, response: ServerResponse): void {
    if (from < this.#oldest) {
      expired(response);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const change of this.#changes) {
      if (Number(change.object.metadata.resourceVersion) > from) response.write(`${JSON.stringify(change)}\n`);
    }
    this.#watchers.add(response);
    response.on('close', () => this.#watchers.delete(response));
  }
}

const answerStatus = (response: ServerResponse, code: number, reason: string): void => {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind: 'Status', code, reason, message: `${reason} on purpose` }));
};

/** Ways to misbehave. */
export const expired = (response: ServerResponse): void => {
  answerStatus(response, 410, 'Expired');
};
export const fails =
  (code: number, reason = 'InternalError'): Behaviour =>
  (_request, response) => {
    answerStatus(response, code, reason);
  };
export const answers =
  (text: string, headers: Record<string, string> = {}, code = 200): Behaviour =>
  (_request, response) => {
    response.writeHead(code, headers).end(text);
  };
export const dropsConnection: Behaviour = (request) => {
  request.socket.destroy();
};
/** Takes the request and never answers. */
export const hangs: Behaviour = () => undefined;
/** Begins a watch and then says nothing more, as a connection does whose other end has vanished. */
export const fallsSilent: Behaviour = (_request, response) => {
  response.writeHead(200);
  response.flushHeaders();
};
export const expiredEvent: Behaviour = (_request, response) => {
  const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
  response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
};
