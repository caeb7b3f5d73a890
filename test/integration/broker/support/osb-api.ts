import supertest from 'supertest';
import { DEFAULT_SERVICES } from '../../../../broker/catalog/default-services.ts';
import { eventually } from '../../../support/wait.ts';

const [POSTGRES, MYSQL] = DEFAULT_SERVICES;

/** Ids of the default catalog, as tests name them. */
export const SERVICES = {
  postgresql: {
    id: POSTGRES!.id,
    plans: Object.fromEntries(POSTGRES!.plans.map(({ name, id }) => [name, id])) as Record<string, string>,
  },
  mysql: {
    id: MYSQL!.id,
    plans: Object.fromEntries(MYSQL!.plans.map(({ name, id }) => [name, id])) as Record<string, string>,
  },
};

export type Kind = keyof typeof SERVICES;

/** The fields tests look at; which of them an answer has depends on the request. */
export interface AnswerBody {
  readonly operation?: string;
  readonly error?: string;
  readonly description?: string;
  readonly state?: string;
  readonly service_id?: string;
  readonly plan_id?: string;
  readonly parameters?: Record<string, unknown>;
  readonly metadata?: { readonly labels: Record<string, string>; readonly attributes: Record<string, string> };
  readonly credentials?: Credentials;
  readonly endpoints?: unknown;
}

export interface Credentials {
  readonly type: string;
  readonly provider: string;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly uri: string;
  readonly connectionString: string;
  readonly jdbcUrl: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: AnswerBody;
  readonly header: Record<string, string | undefined>;
  readonly text: string;
}

export interface ProvisionOptions {
  readonly kind?: Kind;
  readonly plan?: string;
  readonly parameters?: unknown;
  readonly context?: object;
  readonly acceptsIncomplete?: boolean;
}

export interface BindOptions extends ProvisionOptions {
  readonly appGuid?: string;
}

/** Requests a platform sends, with the answers as they are. */
export class OsbApi {
  readonly #url: string;
  readonly #username: string;
  readonly #password: string;

  constructor(url: string, username: string, password: string) {
    this.#url = url;
    this.#username = username;
    this.#password = password;
  }

  /** Any request, with credentials and the version header. */
  send(method: 'get' | 'put' | 'patch' | 'delete' | 'post', path: string): supertest.Test {
    return supertest(this.#url)[method](path).auth(this.#username, this.#password).set('X-Broker-API-Version', '2.17');
  }

  async provision(id: string, options: ProvisionOptions = {}): Promise<ApiAnswer> {
    const { kind = 'postgresql', plan = 'small', acceptsIncomplete = true } = options;
    return this.send('put', instancePath(id))
      .query(acceptsIncomplete ? { accepts_incomplete: 'true' } : {})
      .send({
        service_id: SERVICES[kind].id,
        plan_id: SERVICES[kind].plans[plan] ?? plan,
        organization_guid: 'org',
        space_guid: 'space',
        context: options.context ?? inNamespace('test-ns'),
        ...(options.parameters === undefined ? {} : { parameters: options.parameters }),
      });
  }

  async update(id: string, options: ProvisionOptions = {}): Promise<ApiAnswer> {
    const { kind = 'postgresql', plan, acceptsIncomplete = true } = options;
    return this.send('patch', instancePath(id))
      .query(acceptsIncomplete ? { accepts_incomplete: 'true' } : {})
      .send({
        service_id: SERVICES[kind].id,
        ...(plan === undefined ? {} : { plan_id: SERVICES[kind].plans[plan] ?? plan }),
        ...(options.context === undefined ? {} : { context: options.context }),
        ...(options.parameters === undefined ? {} : { parameters: options.parameters }),
      });
  }

  async fetch(id: string): Promise<ApiAnswer> {
    return this.send('get', instancePath(id));
  }

  async deprovision(
    id: string,
    { kind = 'postgresql', acceptsIncomplete = true }: ProvisionOptions = {},
  ): Promise<ApiAnswer> {
    return this.send('delete', instancePath(id)).query({
      service_id: SERVICES[kind].id,
      plan_id: SERVICES[kind].plans['small'],
      ...(acceptsIncomplete ? { accepts_incomplete: 'true' } : {}),
    });
  }

  async bind(id: string, bindingId: string, options: BindOptions = {}): Promise<ApiAnswer> {
    const { kind = 'postgresql', plan = 'small', acceptsIncomplete = false } = options;
    return this.send('put', bindingPath(id, bindingId))
      .query(acceptsIncomplete ? { accepts_incomplete: 'true' } : {})
      .send({
        service_id: SERVICES[kind].id,
        plan_id: SERVICES[kind].plans[plan] ?? plan,
        context: options.context ?? inNamespace('test-ns'),
        ...(options.appGuid === undefined ? {} : { bind_resource: { app_guid: options.appGuid } }),
        ...(options.parameters === undefined ? {} : { parameters: options.parameters }),
      });
  }

  async fetchBinding(id: string, bindingId: string): Promise<ApiAnswer> {
    return this.send('get', bindingPath(id, bindingId));
  }

  async unbind(
    id: string,
    bindingId: string,
    { kind = 'postgresql', acceptsIncomplete = false }: ProvisionOptions = {},
  ): Promise<ApiAnswer> {
    return this.send('delete', bindingPath(id, bindingId)).query({
      service_id: SERVICES[kind].id,
      plan_id: SERVICES[kind].plans['small'],
      ...(acceptsIncomplete ? { accepts_incomplete: 'true' } : {}),
    });
  }

  async lastOperation(id: string, operation?: string, bindingId?: string): Promise<ApiAnswer> {
    const path = bindingId === undefined ? instancePath(id) : bindingPath(id, bindingId);
    return this.send('get', `${path}/last_operation`).query(operation === undefined ? {} : { operation });
  }

  /** The end of what this answer began. */
  async endOf(id: string, answer: ApiAnswer, bindingId?: string): Promise<{ state: string; description: string }> {
    if (answer.body.operation === undefined) throw new Error(`no operation in ${answer.status} ${answer.text}`);
    return this.ended(id, answer.body.operation, bindingId);
  }

  /** Polls until the operation has ended; its last answer. */
  async ended(id: string, operation: string, bindingId?: string): Promise<{ state: string; description: string }> {
    return eventually(`the end of operation ${operation}`, async () => {
      const { body } = (await this.lastOperation(id, operation, bindingId)) as {
        body: { state: string; description: string };
      };
      return body.state === 'succeeded' || body.state === 'failed' ? body : undefined;
    });
  }

  /** Binds, and gives the credentials. */
  async credentials(id: string, bindingId: string, options: BindOptions = {}): Promise<Credentials> {
    const answer = await this.bind(id, bindingId, options);
    if (answer.body.credentials === undefined) throw new Error(`bind answered ${answer.status} ${answer.text}`);
    return answer.body.credentials;
  }

  /** Creates an instance and waits until it is ready. */
  async provisioned(id: string, options: ProvisionOptions = {}): Promise<void> {
    const answer = await this.provision(id, options);
    if (answer.status === 201) return;
    const { operation } = answer.body;
    if (operation === undefined) throw new Error(`provision answered ${answer.status} ${answer.text}`);
    const end = await this.ended(id, operation);
    if (end.state !== 'succeeded') throw new Error(`provision failed: ${end.description}`);
  }

  /** Deletes an instance and waits until it is gone. */
  async deprovisioned(id: string, options: ProvisionOptions = {}): Promise<void> {
    const answer = await this.deprovision(id, options);
    const { operation } = answer.body;
    if (operation !== undefined) await this.ended(id, operation);
  }
}

export const instancePath = (id: string): string => `/v2/service_instances/${encodeURIComponent(id)}`;
export const bindingPath = (id: string, bindingId: string): string =>
  `${instancePath(id)}/service_bindings/${encodeURIComponent(bindingId)}`;

/** The context a Kubernetes platform sends. */
export const inNamespace = (namespace: string, clusterid = 'cluster-1'): object => ({
  platform: 'kubernetes',
  namespace,
  clusterid,
});
