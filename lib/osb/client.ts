import { randomUUID } from 'node:crypto';
import { buildConnector, Pool } from 'undici';
import type { CallOptions, CatalogAnswer, OsbClient, OsbMethod } from './client-contract.ts';
import type { OsbClientOptions } from './client-options.ts';
import { authorization, parseTarget, trust } from './client-options.ts';
import {
  API_VERSION_HEADER,
  CONTEXT_HEADER,
  CURRENT_API_VERSION,
  encodeContext,
  encodeOriginatingIdentity,
  ORIGINATING_IDENTITY_HEADER,
  REQUEST_IDENTITY_HEADER,
} from './headers.ts';
import { exchange } from './http-exchange.ts';
import type { Exchange, ExchangeRequest } from './http-exchange.ts';
import type { AnswerRule, Reading } from './interpret-answer.ts';
import { interpretExchange } from './interpret-answer.ts';
import { DEFAULT_MAX_BODY_BYTES } from './limits.ts';
import type { Outcome } from './outcome.ts';
import { redactor } from './quote.ts';
import { validateCatalog } from './validate-catalog.ts';
import {
  validateBindingResource,
  validateBindResponse,
  validateInstanceResource,
  validateLastOperation,
  validateOperationResponse,
  validateProvisionResponse,
} from './validate-response.ts';

/** Connections to one broker; a call beyond them waits for one within its own deadline. */
const MAX_CONNECTIONS = 64;
const USER_AGENT = 'service-catalog';
const ETAG = /^[\x21-\x7e]{1,1000}$/;

/** Users may choose the ids of their objects at the broker. For one that no URL can carry we answer in the broker's place. */
const IMPOSSIBLE_ID = {
  kind: 'rejected',
  status: 400,
  description: 'an id must not be empty, "." or ".."; choose another externalID',
} as const;

type Query = Readonly<Record<string, string | undefined>>;

/**
 * A client of one broker. Opens connections as they are needed.
 * @throws UsageError when the options cannot work: a URL that is none, a caBundle that is not PEM, a token with a line break.
 */
export function createOsbClient(options: OsbClientOptions): OsbClient {
  const { timeoutMs = 60_000, maxBodyBytes = DEFAULT_MAX_BODY_BYTES, apiVersion = CURRENT_API_VERSION } = options;
  const { origin, basePath } = parseTarget(options.url);
  const { header: authorizationHeader, secrets } = authorization(options.auth);
  const redact = redactor(secrets);
  const pool = createPool(origin, options, timeoutMs);

  const perform = async <T extends object>(
    method: OsbMethod,
    request: Pick<ExchangeRequest, 'method' | 'path' | 'body'> & { readonly etag?: string },
    callOptions: CallOptions,
    interpret: (result: Exchange, reading: Reading) => Outcome<T>,
  ): Promise<Outcome<T>> => {
    const { etag, ...line } = request;
    const headers: Record<string, string> = {
      Accept: 'application/json',
      'User-Agent': USER_AGENT,
      [API_VERSION_HEADER]: apiVersion,
      [REQUEST_IDENTITY_HEADER]: randomUUID(),
      ...(authorizationHeader === undefined ? {} : { Authorization: authorizationHeader }),
      ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(etag === undefined ? {} : { 'If-None-Match': etag }),
      ...(callOptions.originatingIdentity === undefined
        ? {}
        : { [ORIGINATING_IDENTITY_HEADER]: encodeOriginatingIdentity(callOptions.originatingIdentity) }),
    };
    if (callOptions.place !== undefined) headers[CONTEXT_HEADER] = encodeContext(callOptions.place);
    const { signal } = callOptions;
    const started = performance.now();
    const limits = { timeoutMs, maxBodyBytes, ...(signal === undefined ? {} : { signal }) };
    const result = await exchange(pool, origin, { ...line, headers }, limits);
    const outcome = interpret(result, { timeoutMs, now: Date.now(), redact });
    options.onCall?.({
      method,
      outcome: outcome.kind,
      durationMs: performance.now() - started,
      ...('status' in result ? { status: result.status } : {}),
    });
    return outcome;
  };

  const call = <T extends object>(
    method: OsbMethod,
    verb: ExchangeRequest['method'],
    path: string | undefined,
    rule: AnswerRule<T>,
    query: Query,
    callOptions: CallOptions,
    body?: object,
  ): Promise<Outcome<T>> => {
    if (path === undefined) return Promise.resolve(IMPOSSIBLE_ID);
    const asynchronous = rule.async ? { accepts_incomplete: 'true' } : {};
    const request = {
      method: verb,
      path: basePath + path + queryString({ ...query, ...asynchronous }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    return perform(method, request, callOptions, (result, reading) => interpretExchange(result, rule, reading));
  };

  return {
    getCatalog: ({ etag, ...callOptions } = {}) =>
      perform(
        'GetCatalog',
        { method: 'GET', path: `${basePath}/v2/catalog`, ...(etag === undefined ? {} : { etag }) },
        callOptions,
        (result, reading) => interpretCatalog(result, reading, etag !== undefined),
      ),
    provision: (id, request, { acceptsIncomplete = true, ...rest } = {}) =>
      call('ProvisionInstance', 'PUT', instancePath(id), rules.provision(acceptsIncomplete), {}, rest, request),
    updateInstance: (id, request, { acceptsIncomplete = true, ...rest } = {}) =>
      call('UpdateInstance', 'PATCH', instancePath(id), rules.update(acceptsIncomplete), {}, rest, request),
    getInstance: (id, hint = {}, rest = {}) =>
      call('GetInstance', 'GET', instancePath(id), rules.getInstance, { ...hint }, rest),
    deprovision: (id, plan, { acceptsIncomplete = true, ...rest } = {}) =>
      call('DeprovisionInstance', 'DELETE', instancePath(id), rules.delete(acceptsIncomplete), { ...plan }, rest),
    pollInstance: (id, hint = {}, rest = {}) =>
      call('PollLastOperation', 'GET', lastOperationPath(instancePath(id)), rules.poll, { ...hint }, rest),
    bind: (instanceId, id, request, { acceptsIncomplete = false, ...rest } = {}) =>
      call('Bind', 'PUT', bindingPath(instanceId, id), rules.bind(acceptsIncomplete), {}, rest, request),
    getBinding: (instanceId, id, hint = {}, rest = {}) =>
      call('GetBinding', 'GET', bindingPath(instanceId, id), rules.getBinding, { ...hint }, rest),
    unbind: (instanceId, id, plan, { acceptsIncomplete = false, ...rest } = {}) =>
      call('Unbind', 'DELETE', bindingPath(instanceId, id), rules.delete(acceptsIncomplete), { ...plan }, rest),
    pollBinding: (instanceId, id, hint = {}, rest = {}) =>
      call(
        'PollBindingLastOperation',
        'GET',
        lastOperationPath(bindingPath(instanceId, id)),
        rules.poll,
        { ...hint },
        rest,
      ),
    close: () => pool.destroy(),
  };
}

/** What each endpoint may answer; the statuses are those of its table in spec.md. */
const rules = {
  provision: (async: boolean) => ({
    done: [200, 201] as const,
    async,
    deletes: false,
    validate: validateProvisionResponse,
  }),
  update: (async: boolean) => ({ done: [200] as const, async, deletes: false, validate: validateProvisionResponse }),
  delete: (async: boolean) => ({ done: [200] as const, async, deletes: true, validate: validateOperationResponse }),
  bind: (async: boolean) => ({ done: [200, 201] as const, async, deletes: false, validate: validateBindResponse }),
  catalog: { done: [200], async: false, deletes: false, validate: validateCatalog },
  getInstance: { done: [200], async: false, deletes: false, validate: validateInstanceResource },
  getBinding: { done: [200], async: false, deletes: false, validate: validateBindingResource },
  poll: { done: [200], async: false, deletes: false, validate: validateLastOperation },
} as const;

function interpretCatalog(result: Exchange, reading: Reading, conditional: boolean): Outcome<CatalogAnswer> {
  if (conditional && result.kind === 'answer' && result.status === 304) {
    return { kind: 'success', status: 304, body: { modified: false } };
  }
  const outcome = interpretExchange(result, rules.catalog, reading);
  if (outcome.kind !== 'success' && outcome.kind !== 'accepted') return outcome;
  const etag = result.kind === 'answer' ? result.headers.etag : undefined;
  // It comes back as a header of ours, where nothing else would be accepted.
  const usable = etag !== undefined && ETAG.test(etag) ? { etag } : {};
  return { ...outcome, body: { modified: true, catalog: outcome.body, ...usable } };
}

function createPool(origin: string, options: OsbClientOptions, timeoutMs: number): Pool {
  const connect = buildConnector({ ...trust(options), timeout: timeoutMs, allowH2: false });
  return new Pool(origin, {
    connections: MAX_CONNECTIONS,
    // The exchange's own deadline covers both; undici's would only end a slow answer with another message.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
    connect: (target, callback) => {
      const port = target.port === '' ? (target.protocol === 'https:' ? '443' : '80') : target.port;
      const override = options.connect?.[`${target.hostname}:${port}`];
      if (override === undefined) connect(target, callback);
      else {
        const servername = target.servername ?? target.hostname;
        connect({ ...target, hostname: override.host, port: String(override.port), servername }, callback);
      }
    },
  });
}

function instancePath(id: string): string | undefined {
  const segment = pathSegment(id);
  return segment && `/v2/service_instances/${segment}`;
}

function bindingPath(instanceId: string, id: string): string | undefined {
  const [instance, segment] = [instancePath(instanceId), pathSegment(id)];
  return instance && segment && `${instance}/service_bindings/${segment}`;
}

function lastOperationPath(path: string | undefined): string | undefined {
  return path && `${path}/last_operation`;
}

/** An id as one segment of a path, whatever characters it has (spec.md "URL Properties"); undefined when it cannot be one. */
function pathSegment(id: string): string | undefined {
  // These cannot be told from the parent or the list of all, however they are encoded.
  return ['', '.', '..'].includes(id) ? undefined : encodeURIComponent(id.toWellFormed());
}

function queryString(query: Query): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value.toWellFormed())}`],
  );
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
