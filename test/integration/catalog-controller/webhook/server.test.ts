import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MAX_REVIEW_BYTES } from '../../../../catalog-controller/webhook/http/body.ts';
import {
  CLUSTER_SERVICE_CLASSES,
  CLUSTER_SERVICE_PLANS,
  SERVICE_BINDINGS,
  SERVICE_INSTANCES,
} from '../../../../lib/catalog/resources.ts';
import { CLUSTER_SCOPE } from '../../../../lib/catalog/scope.ts';
import { createKubeClient } from '../../../../lib/kube/api-client.ts';
import type { KubeClient } from '../../../../lib/kube/client.ts';
import { NAMESPACES, SECRETS } from '../../../../lib/kube/core-resources.ts';
import { createLogger } from '../../../../lib/runtime/log.ts';
import { apiVersionOf } from '../../../../lib/kube/objects.ts';
import type { KubeObject, Resource } from '../../../../lib/kube/objects.ts';
import { startTestApiServer } from '../../../support/api-server.ts';
import type { TestApiServer } from '../../../support/api-server.ts';
import { eventually } from '../../../support/wait.ts';
import { startTestWebhook } from '../../../support/webhook.ts';
import type { TestWebhook } from '../../../support/webhook.ts';
import { aBinding, aBroker, aClass, anInstance, aPlan, NAMESPACE } from '../../../unit/catalog/objects.ts';
import '../support/same-realm.ts';

jest.setTimeout(60_000);

let api: TestApiServer;
let kube: KubeClient;
let webhook: TestWebhook;
/** What the webhook warns of. */
let log = '';
const agents: Agent[] = [];

beforeAll(async () => {
  api = await startTestApiServer();
  kube = createKubeClient({ kubeconfig: api.kubeconfig });
  await kube.create(NAMESPACES, { metadata: { name: NAMESPACE } });
  await kube.create(CLUSTER_SERVICE_CLASSES, aClass(CLUSTER_SCOPE));
  await kube.create(CLUSTER_SERVICE_PLANS, aPlan(CLUSTER_SCOPE));
  webhook = await startTestWebhook(api.kubeconfig, createLogger('webhook', 'warn', { write: (line) => (log += line) }));
  await eventually('the webhook to be ready', async () => (await fetch(`${webhook.healthUrl}/readyz`)).ok);
});
afterAll(async () => {
  for (const agent of agents) agent.destroy();
  await webhook.stop();
  kube.close();
  await api.stop();
});

interface Sent {
  readonly status: number;
  readonly text: string;
}

interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly status?: { readonly code: number; readonly message: string };
}

async function send(path: string, body: string | Buffer, options: RequestOptions = {}): Promise<Sent> {
  const agent = new Agent({ ca: webhook.ca });
  agents.push(agent);
  const sent = httpsRequest(`${webhook.url}${path}`, {
    method: 'POST',
    agent,
    ...options,
    headers: { 'content-type': 'application/json', ...(options.headers as object) },
  });
  // A server that refuses a large body does not wait for all of it.
  sent.on('error', () => undefined);
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, text: await text(response) };
}

/** A review as an API server sends it. */
function review(resource: Resource, object: KubeObject, more: object = {}): object {
  const { group, version, kind, plural } = resource;
  const typed = { apiVersion: apiVersionOf(resource), kind, ...object };
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: '5c9a8f10-0000-4000-8000-000000000001',
      kind: { group, version, kind },
      resource: { group, version, resource: plural },
      requestKind: { group, version, kind },
      requestResource: { group, version, resource: plural },
      name: object.metadata.name,
      ...(resource.namespaced ? { namespace: NAMESPACE } : {}),
      operation: 'CREATE',
      userInfo: { username: 'alice', uid: '1', groups: ['dev'], extra: { scopes: ['a'] } },
      object: typed,
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'kubectl-create' },
      ...more,
    },
  };
}

async function ask(path: string, body: object): Promise<Response> {
  const sent = await send(`${path}?timeout=10s`, JSON.stringify(body));
  expect(sent.status).toBe(200);
  const answer = JSON.parse(sent.text) as { kind: string; apiVersion: string; response: Response };
  expect(answer).toMatchObject({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' });
  return answer.response;
}

function patchOf({ patch }: Response): { op: string; path: string; value?: unknown }[] {
  return JSON.parse(Buffer.from(patch ?? btoa('[]'), 'base64').toString()) as [];
}

describe('a review', () => {
  test('of a new instance is answered with what completes it, the plan of the cluster among it', async () => {
    const open = anInstance({ clusterServicePlanExternalName: undefined, userInfo: { username: 'mallory' } });
    const response = await ask('/mutate', review(SERVICE_INSTANCES, open));
    expect(response).toMatchObject({
      uid: '5c9a8f10-0000-4000-8000-000000000001',
      allowed: true,
      patchType: 'JSONPatch',
    });
    const paths = patchOf(response).map(({ op, path }) => `${op} ${path}`);
    expect(paths).toContain('add /spec/clusterServicePlanExternalName');
    expect(paths).toContain('replace /spec/userInfo/username');
    expect(paths).toContain('add /metadata/finalizers');
    const unchecked = await ask('/validate', review(SERVICE_INSTANCES, open));
    expect(unchecked).toMatchObject({ allowed: false, status: { code: 403 } });
  });

  test('finds a class that came this moment, and a plan that went', async () => {
    const [name, spec] = ['class-2', { externalName: 'new', externalID: 'class-2-id' }];
    await kube.create(CLUSTER_SERVICE_CLASSES, aClass(CLUSTER_SCOPE, spec, name));
    const plan = { clusterServiceClassRef: { name }, externalName: 'only' };
    await kube.create(CLUSTER_SERVICE_PLANS, aPlan(CLUSTER_SCOPE, plan, 'plan-2'));
    const open = anInstance({ clusterServiceClassExternalName: 'new', clusterServicePlanExternalName: undefined });
    const found = patchOf(await ask('/mutate', review(SERVICE_INSTANCES, open)));
    expect(found).toContainEqual({ op: 'add', path: '/spec/clusterServicePlanExternalName', value: 'only' });
    await kube.delete(CLUSTER_SERVICE_PLANS, { name: 'plan-2' });
    const gone = patchOf(await ask('/mutate', review(SERVICE_INSTANCES, open)));
    expect(gone.map(({ path }) => path)).not.toContain('/spec/clusterServicePlanExternalName');
  });

  test('of a binding looks at its instance, in its own namespace only', async () => {
    const instance = await kube.create(SERVICE_INSTANCES, anInstance());
    await kube.delete(SERVICE_INSTANCES, { namespace: NAMESPACE, name: instance.metadata.name! });
    const complete = { finalizers: ['kubernetes-incubator/service-catalog'], name: 'b', namespace: NAMESPACE };
    const userInfo = { username: 'alice', uid: '1', groups: ['dev'], extra: { scopes: ['a'] } };
    const binding = aBinding({ secretName: 'b', userInfo }, { metadata: complete });
    expect(await ask('/validate', review(SERVICE_BINDINGS, binding))).toMatchObject({
      allowed: false,
      status: { code: 403, message: expect.stringContaining('is being deleted') },
    });
    const elsewhere = review(SERVICE_BINDINGS, binding, { namespace: 'elsewhere' });
    expect(await ask('/validate', elsewhere)).toMatchObject({ allowed: true });
  });

  test('of a broker with a login is refused to whoever may not read it, and not to whoever may', async () => {
    const broker = aBroker(CLUSTER_SCOPE, { authInfo: { basic: { secretRef: { namespace: NAMESPACE, name: 's' } } } });
    const refused = await ask('/validate', review(CLUSTER_SCOPE.brokers, broker));
    expect(refused.status).toMatchObject({ code: 403, message: expect.stringContaining('user "alice"') });
    const root = { userInfo: { username: 'root', groups: ['system:masters'] } };
    const patch = patchOf(await ask('/mutate', review(CLUSTER_SCOPE.brokers, broker, root)));
    expect(patch.map(({ path }) => path)).toEqual([
      '/metadata/finalizers',
      '/spec/relistBehavior',
      '/spec/relistRequests',
    ]);
    const complete = {
      ...broker,
      metadata: { ...broker.metadata, finalizers: patch[0]!.value as string[] },
      spec: { ...broker.spec, relistBehavior: 'Duration', relistRequests: 0 },
    };
    expect(await ask('/validate', review(CLUSTER_SCOPE.brokers, complete, root))).toMatchObject({ allowed: true });
  });

  test('of what it has no rules for is let through with a warning, of a newer version of ours refused', async () => {
    const secret = review(SECRETS, { metadata: { name: 's' } });
    expect(await ask('/validate', secret)).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining('no rules for secrets of /v1')],
    });
    const newer = review({ ...SERVICE_INSTANCES, version: 'v2' }, anInstance());
    expect(await ask('/mutate', newer)).toMatchObject({ allowed: false, status: { code: 501 } });
  });
});

describe('what is no review', () => {
  const body = JSON.stringify(review(SERVICE_INSTANCES, anInstance()));
  const old = body.replace('admission.k8s.io/v1"', 'admission.k8s.io/v1beta1"');
  test.each<[string, string, string | Buffer, RequestOptions, number, RegExp]>([
    ['another path', '/', body, {}, 404, /\/mutate and \/validate/],
    ['a path that is none', '//', body, {}, 400, /cannot be read/],
    ['a property every object has', '/constructor', body, {}, 404, /\/mutate/],
    ['a GET', '/validate', '', { method: 'GET' }, 405, /by POST/],
    ['YAML', '/validate', 'kind: x', { headers: { 'content-type': 'application/yaml' } }, 415, /application\/json/],
    ['something compressed', '/validate', body, { headers: { 'content-encoding': 'gzip' } }, 415, /uncompressed/],
    ['nothing', '/validate', '', {}, 400, /not valid JSON/],
    ['half a review', '/validate', body.slice(0, 100), {}, 400, /not valid JSON/],
    ['bytes that are no text', '/validate', Buffer.from([0x22, 0xff, 0x22]), {}, 400, /not valid UTF-8/],
    ['a review of an older version', '/validate', old, {}, 400, /admissionReviewVersions/],
    ['something else in JSON', '/mutate', '[]', {}, 400, /AdmissionReview/],
    ['far too much', '/mutate', Buffer.alloc(MAX_REVIEW_BYTES + 1, 0x20), {}, 413, /is not read/],
    [
      'far too much of unknown length',
      '/mutate',
      Buffer.alloc(2 * MAX_REVIEW_BYTES, 0x20),
      { headers: { 'transfer-encoding': 'chunked' } },
      413,
      /is not read/,
    ],
    [
      'a depth without end',
      '/mutate',
      `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","resource":{"group":"servicecatalog.k8s.io","version":"v1beta1","resource":"serviceinstances"},"operation":"CREATE","userInfo":{},"object":{"metadata":{},"spec":{"parameters":${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}}}}}`,
      {},
      500,
      /see the log/,
    ],
  ])('%s is refused with a sentence', async (_what, path, sent, options, status, words) => {
    const answer = await send(path, sent, options);
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(words)]);
  });

  test('does not keep the next review from being answered', async () => {
    expect(await ask('/mutate', review(SERVICE_INSTANCES, anInstance()))).toMatchObject({ allowed: true });
  });

  test('slow large bodies keep no small review from being answered, and are not waited for long', async () => {
    const agent = new Agent({ ca: webhook.ca });
    agents.push(agent);
    const slow = Array.from({ length: 5 }, () => {
      const headers = { 'content-type': 'application/json', 'content-length': MAX_REVIEW_BYTES };
      const sent = httpsRequest(`${webhook.url}/mutate`, { method: 'POST', agent, headers });
      sent.on('error', () => undefined);
      const written = new Promise((resolve) => sent.write(Buffer.alloc(MAX_REVIEW_BYTES - 1_000, 0x20), resolve));
      return { answered: once(sent, 'response') as Promise<[IncomingMessage]>, written };
    });
    await Promise.all(slow.map(({ written }) => written));
    expect(await ask('/mutate', review(SERVICE_INSTANCES, anInstance()))).toMatchObject({ allowed: true });
    const answers = await Promise.all(slow.map(({ answered }) => answered));
    expect(answers.map(([{ statusCode }]) => statusCode)).toEqual([408, 408, 408, 408, 408]);
  });

  test('a review with an object as large as an API server takes in is answered', async () => {
    const huge = anInstance({ parametersFrom: [], parameters: { padding: 'x'.repeat(3_000_000) } });
    const change = { operation: 'UPDATE', oldObject: huge };
    expect(await ask('/mutate', review(SERVICE_INSTANCES, huge, change))).toMatchObject({ allowed: true });
  });
});

describe('look-ups that give no answer', () => {
  test('end in a refusal that may be tried again', async () => {
    const gone = await startTestApiServer({ controllers: false });
    const blind = await startTestWebhook(gone.kubeconfig);
    await gone.stop();
    const [seeing, ours] = [webhook, blind];
    webhook = ours;
    try {
      const open = anInstance({ clusterServicePlanExternalName: undefined });
      const sent = await send('/mutate?timeout=1s', JSON.stringify(review(SERVICE_INSTANCES, open)));
      expect(JSON.parse(sent.text)).toMatchObject({
        response: {
          allowed: false,
          status: { code: 503, message: expect.stringContaining('cannot read clusterserviceclasses') },
        },
      });
      expect((await fetch(`${ours.healthUrl}/readyz`)).status).toBe(503);
      expect((await fetch(`${ours.healthUrl}/healthz`)).status).toBe(200);
    } finally {
      webhook = seeing;
      await ours.stop();
    }
  });
});

describe('the server', () => {
  /** The certificate a new connection is shown. */
  async function shown(options: ConnectionOptions = {}): Promise<X509Certificate> {
    const { hostname, port } = new URL(webhook.url);
    const socket = connect({ host: hostname, port: Number(port), ca: webhook.ca, ...options });
    try {
      await once(socket, 'secureConnect');
      return new X509Certificate(socket.getPeerCertificate().raw);
    } finally {
      socket.destroy();
    }
  }

  test('takes a new certificate while it runs, and stays with the old one while the files do not fit', async () => {
    const before = await shown();
    await webhook.overwrite('tls.key', 'nonsense');
    await eventually('the files to be looked at', () => log.includes('is not the private key'), { everyMs: 20 });
    const metrics = async (): Promise<string> => (await fetch(`${webhook.healthUrl}/metrics`)).text();
    expect((await shown()).serialNumber).toBe(before.serialNumber);
    const next = new X509Certificate((await webhook.renewCertificate()).certificate);
    await eventually('the new certificate', async () => (await shown()).serialNumber === next.serialNumber, {
      everyMs: 20,
    });
    expect(next.serialNumber).not.toBe(before.serialNumber);
    const end = Date.parse(next.validTo) / 1000;
    expect(await metrics()).toContain(`servicecatalog_webhook_certificate_expiration_timestamp_seconds ${end}`);
    expect(await ask('/mutate', review(SERVICE_INSTANCES, anInstance()))).toMatchObject({ allowed: true });
  });

  test('goes on answering when it is told to stop, and has whoever asks go elsewhere next', async () => {
    const stopping = await startTestWebhook(api.kubeconfig, undefined, 3_000);
    const agent = new Agent({ ca: stopping.ca, keepAlive: true });
    agents.push(agent);
    const connectionOf = async (): Promise<string | undefined> => {
      const headers = { 'content-type': 'application/json' };
      const asked = httpsRequest(`${stopping.url}/mutate`, { method: 'POST', agent, headers });
      asked.end(JSON.stringify(review(SERVICE_INSTANCES, anInstance())));
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      response.resume();
      return response.headers.connection;
    };
    expect(await connectionOf()).toBe('keep-alive');
    const stopped = stopping.stop();
    expect(await connectionOf()).toBe('close');
    await stopped;
    await expect(connectionOf()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('speaks no TLS older than 1.2', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(shown(old)).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  });

  test('counts what it answers', async () => {
    const metrics = await (await fetch(`${webhook.healthUrl}/metrics`)).text();
    expect(metrics).toMatch(
      /servicecatalog_admission_requests_total\{webhook="validate",resource="clusterservicebrokers",operation="CREATE",answer="403"\} 1/,
    );
    expect(metrics).toContain('servicecatalog_admission_duration_seconds_bucket');
    expect(metrics).toContain('rest_client_requests_total');
  });
});
