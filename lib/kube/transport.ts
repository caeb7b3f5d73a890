import { createSecureContext } from 'node:tls';
import { Pool, ProxyAgent } from 'undici';
import type { Dispatcher } from 'undici';
import { systemClock } from '../runtime/clock.ts';
import type { Clock } from '../runtime/clock.ts';
import { errorCode, toError } from '../runtime/errors.ts';
import { KubeApiError, KubeConnectionError } from './client.ts';
import type { KubeConnection } from './connection.ts';
import type { Identity } from './credentials.ts';
import { exchange } from './exchange.ts';
import { InFlightLimit } from './in-flight-limit.ts';
import { toApiError } from './response-status.ts';
import { retryDelay } from './retry.ts';

/** One request to the API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query below the server's URL. */
  readonly path: string;
  readonly body?: object;
  readonly contentType?: string;
  /** It changes nothing, whatever its method: a question that is asked by POST. */
  readonly isRead?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A finished request, for metrics. `status` is 0 when no answer came. */
export interface RequestReport {
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
}

export interface TransportOptions {
  /** Which program asks, for the server's logs; `service-catalog` when absent. */
  readonly userAgent?: string;
  /** A call that has not answered after this, retries apart, fails; 30 s when absent. */
  readonly requestTimeoutMs?: number;
  /** Calls that run at once, watches apart; 32 when absent. */
  readonly maximumInFlight?: number;
  /** Called after every request that was sent; for watches when the answer begins. */
  readonly onRequest?: (report: RequestReport) => void;
  readonly clock?: Clock;
}

/** No answer is read beyond this. Lists have pages below it: of large objects, pages of fewer. */
const MAXIMUM_BODY_BYTES = 64 * 1024 * 1024;
/** Of an error's body, as much as is worth reading. */
const MAXIMUM_ERROR_BYTES = 1024 * 1024;
/** A connection that is not used is kept for so long, milliseconds; servers close theirs after 90 s or say otherwise. */
const IDLE_MS = 45_000;

/**
 * HTTP to one API server: connections, identity, time limits, retries and errors. Knows JSON, not Kubernetes objects.
 *
 * HTTP/1.1 on purpose: with HTTP/2 every watch and call would share one connection, and one that has died half-way
 * would take them all with it.
 */
export class Transport {
  readonly #connection: KubeConnection;
  readonly #options: TransportOptions;
  readonly #clock: Clock;
  readonly #limit: InFlightLimit;
  #dispatcher: { readonly dispatcher: Dispatcher; readonly cert: string | undefined } | undefined;

  constructor(connection: KubeConnection, options: TransportOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limit = new InFlightLimit(options.maximumInFlight ?? 32);
  }

  /** Sends a request, again where {@link retryDelay} says so, and returns the JSON of its answer. */
  async json(request: ApiRequest): Promise<unknown> {
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(request);
      } catch (thrown) {
        if (
          thrown instanceof KubeApiError &&
          thrown.status === 401 &&
          !renewed &&
          this.#connection.credentials.renew()
        ) {
          renewed = true;
          continue;
        }
        const wait = retryDelay(thrown, request.isRead ?? request.method === 'GET', attempt);
        if (wait === undefined) throw thrown;
        await this.#clock.sleep(wait, request.signal);
      }
    }
  }

  /**
   * Sends a GET whose answer goes on and on; throws when it does not begin within the time limit or when no byte comes
   * for `idleTimeoutMs`. The connection is closed when the iteration ends or `signal` aborts.
   */
  async *stream(path: string, idleTimeoutMs: number, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const request: ApiRequest = { method: 'GET', path, signal };
    const { response } = await this.#open(request, idleTimeoutMs, signal);
    try {
      // Whoever watches comes again by himself, so it is enough that the next request has a new identity.
      if (response.statusCode === 401) this.#connection.credentials.renew();
      if (response.statusCode !== 200) {
        const text = await readText(response.body, MAXIMUM_ERROR_BYTES);
        throw this.#failure(request, response.statusCode, response.headers, text);
      }
      for await (const chunk of response.body) yield chunk as Buffer;
    } catch (thrown) {
      throw this.#translate(request, thrown, signal);
    } finally {
      response.body.on('error', () => undefined).destroy();
    }
  }

  async #open(
    request: ApiRequest,
    bodyTimeout: number,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly response: Dispatcher.ResponseData }> {
    try {
      return await this.#reported(request, async () => {
        const [dispatcher, options] = await this.#prepare(request);
        const response = await dispatcher.request({ ...options, bodyTimeout, signal });
        return { status: response.statusCode, response };
      });
    } catch (thrown) {
      throw this.#translate(request, thrown, signal);
    }
  }

  /** Closes the connections: idle ones now, busy ones when their request has ended. */
  close(): void {
    void this.#dispatcher?.dispatcher.close();
    this.#dispatcher = undefined;
  }

  async #once(request: ApiRequest): Promise<unknown> {
    const deadline = new AbortController();
    const abort = (): void => {
      deadline.abort(request.signal?.reason);
    };
    request.signal?.throwIfAborted();
    request.signal?.addEventListener('abort', abort, { once: true });
    const timeoutMs = this.#options.requestTimeoutMs ?? 30_000;
    const timer = setTimeout(() => {
      deadline.abort(
        new KubeConnectionError(`${request.method} ${this.#url(request.path)}: no answer within ${timeoutMs} ms`, {
          code: 'ETIMEDOUT',
        }),
      );
    }, timeoutMs);
    try {
      return await this.#limit.run(() => this.#exchange(request, deadline.signal), deadline.signal);
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', abort);
    }
  }

  async #exchange(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    try {
      const { status, headers, text } = await this.#reported(request, async () => {
        const [dispatcher, options] = await this.#prepare(request);
        return exchange(dispatcher, options, maximumBytes, signal);
      });
      if (isSuccess(status)) return this.#parse(request, text);
      throw this.#failure(request, status, headers, text);
    } catch (thrown) {
      throw this.#translate(request, thrown, signal);
    }
  }

  /** Tells `onRequest` how the request ended, and passes the end on. */
  async #reported<T extends { readonly status: number }>(request: ApiRequest, send: () => Promise<T>): Promise<T> {
    const started = this.#clock.now();
    let status = 0;
    try {
      const answer = await send();
      ({ status } = answer);
      return answer;
    } finally {
      this.#options.onRequest?.({ method: request.method, status, durationMs: this.#clock.now() - started });
    }
  }

  async #prepare(request: ApiRequest): Promise<[Dispatcher, Dispatcher.DispatchOptions]> {
    const identity = await this.#connection.credentials.current();
    const { server } = this.#connection;
    return [
      this.#dispatcherFor(identity),
      {
        origin: server.origin,
        path: `${server.pathname.replace(/\/$/, '')}${request.path}`,
        method: request.method,
        headers: {
          ...identity.headers,
          accept: 'application/json',
          'user-agent': this.#options.userAgent ?? 'service-catalog',
          ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
        },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        headersTimeout: this.#options.requestTimeoutMs ?? 30_000,
        // A DELETE that has a body would end its connection: there are servers that do not read one. This one does.
        reset: false,
      },
    ];
  }

  #failure(request: ApiRequest, status: number, headers: Dispatcher.ResponseData['headers'], text: string): Error {
    const what = `${request.method} ${this.#url(request.path)}`;
    return toApiError(what, status, text, headers, this.#clock.now());
  }

  #parse(request: ApiRequest, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      // The text may be a Secret cut short: it stays out of the message.
      throw new KubeConnectionError(`${request.method} ${this.#url(request.path)}: the answer is not JSON`);
    }
  }

  /** Our own errors and the caller's abort as they are; anything else as what it is: the network's. */
  #translate(request: ApiRequest, thrown: unknown, signal: AbortSignal): Error {
    if (signal.aborted) return toError(signal.reason);
    if (thrown instanceof KubeApiError || thrown instanceof KubeConnectionError) return thrown;
    const error = toError(thrown);
    const code = errorCode(error.cause) ?? errorCode(error);
    const detail = error.message === '' ? (code ?? 'the connection failed') : error.message;
    return new KubeConnectionError(`${request.method} ${this.#url(request.path)}: ${detail}`, { cause: error, code });
  }

  /** For messages: without the query, which says nothing a reader needs. */
  #url(path: string): string {
    return `${this.#connection.server.href.replace(/\/$/, '')}${path.split('?')[0] ?? ''}`;
  }

  /** The connections for this identity; new ones when the client certificate has changed. */
  #dispatcherFor(identity: Identity): Dispatcher {
    if (this.#dispatcher !== undefined && this.#dispatcher.cert === identity.cert) return this.#dispatcher.dispatcher;
    this.close();
    const { ca, serverName, insecure, proxyUrl, server } = this.#connection;
    const tls = {
      // Made once: certificates and keys are parsed, and kept, for every connection otherwise.
      secureContext: createSecureContext({ ca, cert: identity.cert, key: identity.key }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(insecure ? { rejectUnauthorized: false } : {}),
    };
    const connect = { ...tls, timeout: 10_000, keepAlive: true, keepAliveInitialDelay: 30_000 };
    const dispatcher =
      proxyUrl === undefined
        ? new Pool(server.origin, { connect, allowH2: false, keepAliveTimeout: IDLE_MS })
        : new ProxyAgent({ uri: proxyUrl, requestTls: connect, allowH2: false, keepAliveTimeout: IDLE_MS });
    this.#dispatcher = { dispatcher, cert: identity.cert };
    return dispatcher;
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

function maximumBytes(status: number): number {
  return isSuccess(status) ? MAXIMUM_BODY_BYTES : MAXIMUM_ERROR_BYTES;
}

async function readText(body: AsyncIterable<unknown>, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > limit) throw new KubeConnectionError(`the answer is larger than ${limit} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
