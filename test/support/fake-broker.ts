import { createServer as createHttpServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Catalog, JsonObject } from '../../lib/osb/types.ts';
import { aFakeCatalog, FakeBrokerWorld } from './fake-broker-world.ts';

/**
 * An Open Service Broker in this process, on a real port. Left alone it behaves by the specification and answers at
 * once; a test tells it to misbehave, once (`next`) or until told otherwise (`always`), for one kind of call.
 */

export type FakeRoute =
  | 'GetCatalog'
  | 'ProvisionInstance'
  | 'UpdateInstance'
  | 'GetInstance'
  | 'DeprovisionInstance'
  | 'PollLastOperation'
  | 'Bind'
  | 'GetBinding'
  | 'Unbind'
  | 'PollBindingLastOperation';

/** `alsoDo` carries the request out and misbehaves afterwards: the platform cannot know that it was done. */
export type Behaviour =
  | { readonly kind: 'normal' }
  /** `body` is sent as JSON, `text` as it is; neither sends an empty body. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body?: unknown;
      readonly text?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly alsoDo?: boolean;
    }
  /** 202, so many polls "in progress", and then this end; the request is carried out when it ends well. */
  | {
      readonly kind: 'async';
      readonly polls: number;
      readonly end: 'succeeded' | 'failed';
      readonly description?: string;
      readonly operation?: string;
      readonly retryAfter?: string;
    }
  /** Does as normal, but not before this. */
  | { readonly kind: 'late'; readonly until: Promise<unknown> }
  | { readonly kind: 'html' }
  | { readonly kind: 'redirect'; readonly location: string }
  /** Reads the request and never answers. */
  | { readonly kind: 'hang'; readonly alsoDo?: boolean }
  /** Reads the request and closes the connection. */
  | { readonly kind: 'hang-up'; readonly alsoDo?: boolean }
  /** Begins a good answer and closes the connection in its middle. */
  | { readonly kind: 'cut-off'; readonly alsoDo?: boolean }
  /** Sends so many bytes of JSON, without announcing how many. */
  | { readonly kind: 'flood'; readonly bytes: number; readonly status?: number }
  /** Sends a good answer's first byte, and then white space for ever. */
  | { readonly kind: 'trickle' };

export interface RecordedRequest {
  readonly route: FakeRoute | 'unknown';
  readonly method: string;
  /** As it was on the wire. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject | undefined;
}

export interface FakeBrokerOptions {
  readonly auth?: { readonly username: string; readonly password: string } | { readonly bearer: string };
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly catalog?: Catalog;
  readonly etag?: string;
}

interface Operation {
  pollsLeft: number;
  readonly end: 'succeeded' | 'failed';
  readonly description: string | undefined;
  readonly retryAfter: string | undefined;
  readonly carryOut: () => void;
  /** Once it has succeeded a deletion answers 410. */
  readonly deletes: boolean;
}

interface Call {
  readonly route: FakeRoute;
  readonly instanceId: string;
  readonly bindingId: string;
  readonly body: JsonObject;
}

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Record<string, string>;
}

export class FakeBroker {
  readonly world = new FakeBrokerWorld();
  readonly requests: RecordedRequest[] = [];
  /** What GET /v2/catalog answers from now on. */
  catalog: Catalog;
  readonly #options: FakeBrokerOptions;
  readonly #queued = new Map<FakeRoute, Behaviour[]>();
  readonly #standing = new Map<FakeRoute, Behaviour>();
  readonly #operations = new Map<string, Operation>();
  #server: Server | undefined;
  #port = 0;

  constructor(options: FakeBrokerOptions = {}) {
    this.#options = options;
    this.catalog = options.catalog ?? aFakeCatalog();
  }

  get url(): string {
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Misbehaves once each, in this order, before it behaves as before. */
  next(route: FakeRoute, ...behaviours: Behaviour[]): void {
    this.#queued.set(route, [...(this.#queued.get(route) ?? []), ...behaviours]);
  }

  /** Behaves so from now on; `{kind: 'normal'}` ends it. */
  always(route: FakeRoute, behaviour: Behaviour): void {
    this.#standing.set(route, behaviour);
  }

  requestsTo(route: FakeRoute): RecordedRequest[] {
    return this.requests.filter((request) => request.route === route);
  }

  /** Begins to listen, after `stop` on the same port. */
  async start(): Promise<this> {
    const handler = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#handle(request, response);
    };
    const server: Server = this.#options.tls
      ? createHttpsServer(this.#options.tls, handler)
      : createHttpServer(handler);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  /** Ends every connection and refuses new ones. The world stays. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request);
    if (text === undefined) return;
    const call = parseCall(request, text);
    this.requests.push({
      route: call?.route ?? 'unknown',
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: call?.body,
    });
    if (!this.#isAuthenticated(request.headers.authorization)) {
      send(response, { status: 401, body: { description: 'who are you?' } });
      return;
    }
    if (request.headers['x-broker-api-version'] === undefined) {
      send(response, { status: 412, body: { description: 'the API version is missing' } });
      return;
    }
    if (!call) {
      send(response, { status: 404, body: { description: 'no such path' } });
      return;
    }
    const behaviour = this.#queued.get(call.route)?.shift() ?? this.#standing.get(call.route) ?? { kind: 'normal' };
    this.#behave(behaviour, call, request, response);
  }

  #behave(behaviour: Behaviour, call: Call, request: IncomingMessage, response: ServerResponse): void {
    if ('alsoDo' in behaviour && behaviour.alsoDo) this.#carryOut(call);
    switch (behaviour.kind) {
      case 'normal':
        send(response, this.#answer(call, request));
        return;
      case 'answer':
        response.writeHead(behaviour.status, { 'Content-Type': 'application/json', ...behaviour.headers });
        response.end(behaviour.text ?? (behaviour.body === undefined ? '' : JSON.stringify(behaviour.body)));
        return;
      case 'async':
        this.#accept(behaviour, call, response);
        return;
      case 'late':
        void behaviour.until.then(() => {
          send(response, this.#answer(call, request));
        });
        return;
      case 'html':
        response.writeHead(200, { 'Content-Type': 'text/html' });
        response.end('<!doctype html><html><head><style>p{}</style></head><body><p>Please log in</p></body></html>');
        return;
      case 'redirect':
        response.writeHead(302, { Location: behaviour.location }).end();
        return;
      case 'hang':
        return;
      case 'hang-up':
        request.socket.destroy();
        return;
      case 'cut-off':
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
        response.write('{"operation":', () => request.socket.destroy());
        return;
      case 'flood':
        flood(response, behaviour.status ?? 200, behaviour.bytes);
        return;
      case 'trickle':
        trickle(response);
        return;
    }
  }

  #accept(behaviour: Extract<Behaviour, { kind: 'async' }>, call: Call, response: ServerResponse): void {
    this.#operations.set(operationKey(call), {
      pollsLeft: behaviour.polls,
      end: behaviour.end,
      description: behaviour.description,
      retryAfter: behaviour.retryAfter,
      carryOut: () => {
        this.#carryOut(call);
      },
      deletes: call.route === 'DeprovisionInstance' || call.route === 'Unbind',
    });
    send(response, { status: 202, body: behaviour.operation === undefined ? {} : { operation: behaviour.operation } });
  }

  #answer(call: Call, request: IncomingMessage): Answer {
    const { etag } = this.#options;
    switch (call.route) {
      case 'GetCatalog':
        if (etag !== undefined && request.headers['if-none-match'] === etag) return { status: 304, body: {} };
        return { status: 200, body: this.catalog, ...(etag === undefined ? {} : { headers: { ETag: etag } }) };
      case 'PollLastOperation':
      case 'PollBindingLastOperation':
        return this.#poll(call);
      case 'GetInstance': {
        const instance = this.world.instances.get(call.instanceId);
        if (!instance) return { status: 404, body: {} };
        const { serviceId, planId, parameters } = instance;
        return { status: 200, body: { service_id: serviceId, plan_id: planId, parameters } };
      }
      case 'GetBinding': {
        const binding = this.world.bindings.get(call.bindingId);
        if (!binding) return { status: 404, body: {} };
        return { status: 200, body: { credentials: binding.credentials, parameters: binding.parameters } };
      }
      case 'ProvisionInstance':
      case 'UpdateInstance':
      case 'DeprovisionInstance':
      case 'Bind':
      case 'Unbind':
        // A new request supersedes what was still running for the same thing, as spec.md "Deprovisioning" wants.
        this.#operations.delete(operationKey(call));
        return this.#carryOut(call);
    }
  }

  #carryOut(call: Call): Answer {
    const { instanceId, bindingId, body } = call;
    const parameters = asObject(body['parameters']);
    switch (call.route) {
      case 'ProvisionInstance': {
        const result = this.world.provision({
          id: instanceId,
          serviceId: String(body['service_id']),
          planId: String(body['plan_id']),
          parameters,
          context: asObject(body['context']),
        });
        return { status: { created: 201, exists: 200, conflict: 409 }[result], body: {} };
      }
      case 'UpdateInstance': {
        const plan = body['plan_id'];
        const result = this.world.update(instanceId, typeof plan === 'string' ? plan : undefined, parameters);
        return { status: result === 'updated' ? 200 : 404, body: {} };
      }
      case 'DeprovisionInstance':
        return { status: this.world.deprovision(instanceId) === 'deleted' ? 200 : 410, body: {} };
      case 'Bind': {
        const result = this.world.bind(instanceId, bindingId, parameters);
        if (result === 'absent') return { status: 404, body: { description: 'no such instance' } };
        return { status: result.made ? 201 : 200, body: { credentials: result.binding.credentials } };
      }
      case 'Unbind':
        return { status: this.world.unbind(bindingId) === 'deleted' ? 200 : 410, body: {} };
      case 'GetCatalog':
      case 'GetInstance':
      case 'GetBinding':
      case 'PollLastOperation':
      case 'PollBindingLastOperation':
        return { status: 200, body: {} };
    }
  }

  #poll(call: Call): Answer {
    const key = operationKey(call);
    const operation = this.#operations.get(key);
    if (!operation) return { status: 410, body: {} };
    const headers = operation.retryAfter === undefined ? {} : { 'Retry-After': operation.retryAfter };
    const description = operation.description === undefined ? {} : { description: operation.description };
    if (operation.pollsLeft > 0) {
      operation.pollsLeft -= 1;
      return { status: 200, body: { state: 'in progress', ...description }, headers };
    }
    if (operation.end === 'succeeded') operation.carryOut();
    if (operation.deletes && operation.end === 'succeeded') this.#operations.delete(key);
    return { status: 200, body: { state: operation.end, ...description } };
  }

  #isAuthenticated(header: string | undefined): boolean {
    const { auth } = this.#options;
    if (auth === undefined) return true;
    if ('bearer' in auth) return header === `Bearer ${auth.bearer}`;
    return header === `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
  }
}

/** A fake broker that listens. Stop it at the end of the test. */
export async function startFakeBroker(options: FakeBrokerOptions = {}): Promise<FakeBroker> {
  return new FakeBroker(options).start();
}

/** The operation a call starts or asks about: one for each instance and one for each binding. */
function operationKey({ instanceId, bindingId }: Call): string {
  return `${instanceId}/${bindingId}`;
}

function parseCall(request: IncomingMessage, text: string): Call | undefined {
  const { pathname } = new URL(request.url ?? '/', 'http://fake');
  const body = parseJson(text);
  const part = (encoded: string | undefined): string => decodeURIComponent(encoded ?? '');
  if (/\/v2\/catalog$/.test(pathname)) {
    return request.method === 'GET' ? { route: 'GetCatalog', instanceId: '', bindingId: '', body } : undefined;
  }
  const match = /\/v2\/service_instances\/([^/]+)(?:\/service_bindings\/([^/]+))?(\/last_operation)?$/.exec(pathname);
  if (!match) return undefined;
  const [, instance, binding, poll] = match;
  const table: Readonly<Record<string, FakeRoute>> =
    poll !== undefined
      ? { GET: binding === undefined ? 'PollLastOperation' : 'PollBindingLastOperation' }
      : binding === undefined
        ? { PUT: 'ProvisionInstance', PATCH: 'UpdateInstance', GET: 'GetInstance', DELETE: 'DeprovisionInstance' }
        : { PUT: 'Bind', GET: 'GetBinding', DELETE: 'Unbind' };
  const route = table[request.method ?? ''];
  return route && { route, instanceId: part(instance), bindingId: part(binding), body };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): JsonObject {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(status === 304 ? undefined : JSON.stringify(body));
}

function flood(response: ServerResponse, status: number, bytes: number): void {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  let sent = 0;
  response.writeHead(status, { 'Content-Type': 'application/json' });
  const pump = (): void => {
    while (sent < bytes && !response.destroyed) {
      sent += chunk.length;
      if (!response.write(chunk)) {
        response.once('drain', pump);
        return;
      }
    }
    response.end('{}');
  };
  pump();
}

function trickle(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.write('{');
  const timer = setInterval(() => response.write(' '), 20);
  response.once('close', () => {
    clearInterval(timer);
  });
}
