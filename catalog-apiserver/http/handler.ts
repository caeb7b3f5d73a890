import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { UserInfo } from '../../lib/catalog/admission.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import type { Registry } from '../../lib/runtime/metrics.ts';
import { refusal } from '../authorizer.ts';
import type { RegistryContext } from '../registry/context.ts';
import { ApiError, forbidden, methodNotAllowed, tooLarge, unknownPath } from '../status.ts';
import { ObjectTooLargeError } from '../storage/storage-errors.ts';
import { authenticate } from './authenticate.ts';
import { readObjectBody } from './body.ts';
import { createDocuments, EMPTY_OPENAPI_V2, OPENAPI_V2_PROTOBUF, OPENAPI_V2_PROTOBUF_ACCEPTED } from './documents.ts';
import type { Documents } from './documents.ts';
import { createRequestMetrics } from './metrics.ts';
import type { RequestMetrics } from './metrics.ts';
import { acceptsAggregatedDiscovery } from './negotiate.ts';
import { parseResourcePath } from './request-path.ts';
import type { ResourcePath } from './request-path.ts';
import { serveResource } from './resource-request.ts';
import { sendAggregatedDiscovery, sendBytes, sendJson, sendText } from './respond.ts';
import { findReview } from './reviews.ts';
import { impersonate } from './impersonate.ts';
import { checkVerb, targetOf, verbOf } from './target.ts';

export interface HandlerDependencies {
  readonly context: RegistryContext;
  readonly registry: Registry;
  readonly log: Logger;
  /** Aborts when the server stops; open watches end with it. */
  readonly signal: AbortSignal;
}

/** What one request turned out to be, for the log and the metrics. */
interface Trace {
  verb: string;
  resource: string;
  subresource: string;
  user: string;
}

/** The whole HTTP surface: health without a certificate; everything else for verified users. */
export function createHandler(dependencies: HandlerDependencies): RequestListener {
  const documents = createDocuments(dependencies.context.kinds);
  const metrics = createRequestMetrics(dependencies.registry, () => dependencies.context.storage.revision);
  const server = new ApiHandler(dependencies, documents, metrics);
  return (request, response) => {
    void server.handle(request, response);
  };
}

class ApiHandler {
  readonly #dependencies: HandlerDependencies;
  readonly #documents: Documents;
  readonly #metrics: RequestMetrics;

  constructor(dependencies: HandlerDependencies, documents: Documents, metrics: RequestMetrics) {
    this.#dependencies = dependencies;
    this.#documents = documents;
    this.#metrics = metrics;
  }

  /** Answers one request, whatever happens. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = performance.now();
    const trace: Trace = { verb: request.method?.toLowerCase() ?? '', resource: '', subresource: '', user: '' };
    try {
      await this.#route(request, response, trace);
    } catch (thrown) {
      this.#sendError(request, response, thrown);
    }
    const milliseconds = performance.now() - started;
    const { verb, resource, subresource } = trace;
    this.#metrics.finished(verb, resource, subresource, response.statusCode, milliseconds / 1_000);
    this.#dependencies.log.debug(
      { ...trace, code: response.statusCode, milliseconds: Math.round(milliseconds) },
      'request',
    );
  }

  async #route(request: IncomingMessage, response: ServerResponse, trace: Trace): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://apiserver');
    if (HEALTH_PATHS.includes(url.pathname)) {
      sendText(response, 200, 'ok');
      return;
    }
    const user = impersonate(request, authenticate(request), this.#dependencies.context.authorizer);
    trace.user = user.username ?? '';
    if (this.#sendDocument(request, response, url.pathname)) return;
    if (url.pathname === '/metrics') {
      await this.#sendMetrics(response, user);
      return;
    }
    const path = parseResourcePath(url.pathname);
    if (path === undefined) throw unknownPath();
    await this.#routeResource(request, response, url.searchParams, path, user, trace);
  }

  /** Discovery and OpenAPI, for everybody whose certificate was verified. */
  #sendDocument(request: IncomingMessage, response: ServerResponse, pathname: string): boolean {
    const path = pathname.length > 1 ? pathname.replace(/\/$/u, '') : pathname;
    const document = this.#documents.byPath.get(path);
    if (document === undefined) return false;
    if (request.method !== 'GET') throw methodNotAllowed(request.method ?? '');
    const aggregated = this.#documents.aggregated.get(path);
    if (aggregated !== undefined && acceptsAggregatedDiscovery(request.headers.accept))
      sendAggregatedDiscovery(response, aggregated);
    else if (path === '/openapi/v2' && request.headers.accept?.includes(OPENAPI_V2_PROTOBUF_ACCEPTED) === true)
      sendBytes(response, OPENAPI_V2_PROTOBUF, EMPTY_OPENAPI_V2);
    else sendJson(response, 200, document);
    return true;
  }

  async #sendMetrics(response: ServerResponse, user: UserInfo): Promise<void> {
    const attributes = { verb: 'get', group: '', plural: 'metrics' };
    if (!this.#dependencies.context.authorizer.allows(user, attributes))
      throw forbidden(attributes, '', refusal(user, attributes));
    sendText(response, 200, await this.#dependencies.registry.metrics());
  }

  async #routeResource(
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
    path: ResourcePath,
    user: UserInfo,
    trace: Trace,
  ): Promise<void> {
    const { context, signal } = this.#dependencies;
    const verb = verbOf(request.method ?? '', path, query);
    trace.verb = verb ?? trace.verb;
    const kind = context.kinds.find(path.group, path.version, path.plural);
    // Only names of ours: what clients make up would grow the metrics without bound.
    trace.resource = kind?.resource.plural ?? '';
    // Before anything is said about what exists.
    const attributes = { ...path, verb: trace.verb };
    if (!context.authorizer.allows(user, attributes)) throw forbidden(path, path.name ?? '', refusal(user, attributes));
    if (await this.#answerReview(request, response, path, user)) return;
    const target = kind === undefined ? undefined : targetOf(kind, path);
    if (target === undefined) throw unknownPath();
    trace.subresource = target.subresource ?? '';
    checkVerb(target, verb, request.method ?? '');
    await serveResource({
      context,
      metrics: this.#metrics,
      request,
      response,
      query,
      target,
      verb,
      user,
      // Nothing else takes so long that it is worth while to notice that nobody waits for it any more.
      signal: verb === 'watch' ? AbortSignal.any([signal, goneSignal(response)]) : signal,
    });
  }

  async #answerReview(
    request: IncomingMessage,
    response: ServerResponse,
    path: ResourcePath,
    user: UserInfo,
  ): Promise<boolean> {
    const answer = findReview(path, user, this.#dependencies.context.authorizer);
    if (answer === undefined) return false;
    if (request.method !== 'POST' || path.name !== undefined) throw methodNotAllowed(request.method ?? '');
    sendJson(response, 201, JSON.stringify(answer((await readObjectBody(request)).value)));
    return true;
  }

  #sendError(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
    const error = this.#asApiError(request, thrown);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    // What is left of the body is read and forgotten, as long as the server's time-out lets it: a client that is still
    // sending sees the answer only afterwards.
    if (!request.complete) request.resume();
    const { retryAfterSeconds } = error.details ?? {};
    if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(retryAfterSeconds));
    sendJson(response, error.code, JSON.stringify(error.toStatus()));
  }

  #asApiError(request: IncomingMessage, thrown: unknown): ApiError {
    if (thrown instanceof ApiError) return thrown;
    if (thrown instanceof ObjectTooLargeError) return tooLarge(thrown.message);
    // A client that went away in the middle of its body is no fault of ours.
    if (request.destroyed && !request.complete) return new ApiError(400, 'BadRequest', 'the request was cut off');
    const path = new URL(request.url ?? '/', 'https://apiserver').pathname;
    this.#dependencies.log.error({ err: toError(thrown), method: request.method, path }, 'a request failed');
    return new ApiError(500, 'InternalError', 'Internal error occurred: see the log of the API server');
  }
}

/** Aborts when the client has gone away, or has its answer. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  return gone.signal;
}

const HEALTH_PATHS = ['/healthz', '/livez', '/readyz'];
