import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createKubeClient } from '../../../lib/kube/api-client.ts';
import { KubeApiError, KubeConnectionError } from '../../../lib/kube/client.ts';
import type { KubeClient } from '../../../lib/kube/client.ts';
import { CONFIG_MAPS, NAMESPACES, SUBJECT_ACCESS_REVIEWS } from '../../../lib/kube/core-resources.ts';
import type { RequestReport } from '../../../lib/kube/transport.ts';
import { createCertificateAuthority, issueCertificate } from '../../../lib/runtime/tls.ts';
import { eventually } from '../../support/wait.ts';
import { answers, dropsConnection, fails, hangs, UnrulyApi } from './unruly-api.ts';

jest.setTimeout(60_000);

let api: UnrulyApi;
let client: KubeClient;
let reports: RequestReport[];

beforeEach(async () => {
  api = await UnrulyApi.start();
  reports = [];
  client = createKubeClient({
    apiServerUrl: api.url,
    userAgent: 'test',
    requestTimeoutMs: 300,
    maximumInFlight: 3,
    onRequest: (report) => reports.push(report),
  });
});

afterEach(async () => {
  client.close();
  await api.stop();
});

const page = (names: string[], token?: string, version = '7') =>
  answers(
    JSON.stringify({
      kind: 'ConfigMapList',
      metadata: { resourceVersion: version, ...(token === undefined ? {} : { continue: token }) },
      items: names.map((name) => ({ metadata: { namespace: 'ns', name } })),
    }),
  );

const key = { namespace: 'ns', name: 'a' };
const object = '{"kind":"ConfigMap","metadata":{"name":"a","resourceVersion":"9"}}';

/** What a request looked like when it arrived. */
function recorded(answer = object): { seen: Promise<{ request: IncomingMessage; body: string }> } {
  const { promise, resolve } = Promise.withResolvers<{ request: IncomingMessage; body: string }>();
  api.next.other.push((request: IncomingMessage, response: ServerResponse) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      response.end(answer);
      resolve({ request, body });
    })();
  });
  return { seen: promise };
}

describe('the client of an API server', () => {
  test('reads a list in pages and gives its items their type', async () => {
    api.next.list.push(page(['a', 'b'], 'more'), page(['c']));
    const list = await client.list(CONFIG_MAPS, { namespace: 'ns', labelSelector: 'app=x' });
    expect(list.resourceVersion).toBe('7');
    expect(list.items.map(({ kind, apiVersion, metadata }) => `${apiVersion!} ${kind!} ${metadata.name!}`)).toEqual([
      'v1 ConfigMap a',
      'v1 ConfigMap b',
      'v1 ConfigMap c',
    ]);
    expect(api.requests).toEqual([
      '/api/v1/namespaces/ns/configmaps?limit=500&labelSelector=app%3Dx',
      '/api/v1/namespaces/ns/configmaps?limit=500&continue=more&labelSelector=app%3Dx',
    ]);
  });

  test('begins a list again when its continuation has expired, at last in one piece', async () => {
    const gone = fails(410, 'Expired');
    api.next.list.push(page(['old'], 'more'), gone, page(['old'], 'more'), gone, page(['new'], undefined, '8'));
    const list = await client.list(CONFIG_MAPS);
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['new']);
    expect(api.requests.at(-1)).toBe('/api/v1/configmaps');
  });

  test('an object that is not there is undefined, and deleting it succeeds', async () => {
    api.next.list.push(fails(404, 'NotFound'));
    api.next.other.push(fails(404, 'NotFound'));
    expect(await client.get(CONFIG_MAPS, key)).toBeUndefined();
    await expect(client.delete(CONFIG_MAPS, key)).resolves.toBeUndefined();
  });

  test('a deletion does not cost the connection it is sent over', async () => {
    const ports = [];
    for (let sent = 0; sent < 6; sent += 1) {
      const { seen } = recorded();
      await client.delete(CONFIG_MAPS, key, { uid: 'u' });
      ports.push((await seen).request.socket.remotePort);
    }
    // One that has just been used may not be free yet when the next request comes.
    expect(new Set(ports).size).toBeLessThanOrEqual(2);
  });

  test('writes go to the right place with the right body', async () => {
    const created = recorded();
    await client.create(CONFIG_MAPS, { metadata: key, data: { x: 'y' } });
    const { request, body } = await created.seen;
    expect([request.method, request.url, request.headers['user-agent']]).toEqual([
      'POST',
      '/api/v1/namespaces/ns/configmaps',
      'test',
    ]);
    expect(JSON.parse(body)).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data: { x: 'y' } });

    const finalized = recorded();
    await client.replace(NAMESPACES, { metadata: { name: 'ns' }, spec: {} }, { subresource: 'finalize' });
    expect((await finalized.seen).request.url).toBe('/api/v1/namespaces/ns/finalize');

    const patched = recorded();
    const patch = { type: 'merge', body: { data: null } } as const;
    const answer = await client.patch(CONFIG_MAPS, key, patch, { subresource: 'status' });
    expect(answer.metadata.resourceVersion).toBe('9');
    const seen = await patched.seen;
    expect([seen.request.url, seen.request.headers['content-type'], seen.body]).toEqual([
      '/api/v1/namespaces/ns/configmaps/a/status',
      'application/merge-patch+json',
      '{"data":null}',
    ]);

    const deleted = recorded('{"kind":"Status"}');
    await client.delete(CONFIG_MAPS, key, { uid: 'u', propagationPolicy: 'Foreground' });
    expect(JSON.parse((await deleted.seen).body)).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'u' },
      propagationPolicy: 'Foreground',
    });
  });

  test('a refusal is an error with status and reason', async () => {
    api.next.other.push(fails(409, 'Conflict'));
    const refused = client.replace(CONFIG_MAPS, { metadata: key });
    await expect(refused).rejects.toEqual(new KubeApiError(409, 'Conflict', 'Conflict on purpose'));
  });

  test('an overloaded server is asked again when it says so, a broken connection only while reading', async () => {
    const busy = answers('', { 'retry-after': '0' }, 429);
    api.next.other.push(busy, answers('', { 'retry-after': '0' }, 503));
    const created = recorded();
    await client.create(CONFIG_MAPS, { metadata: key });
    await created.seen;
    expect(reports.map(({ method, status }) => `${method} ${status}`)).toEqual(['POST 429', 'POST 503', 'POST 200']);

    api.next.list.push(dropsConnection, answers(object));
    expect(await client.get(CONFIG_MAPS, key)).toMatchObject({ metadata: { resourceVersion: '9' } });
    api.next.other.push(dropsConnection);
    await expect(client.create(CONFIG_MAPS, { metadata: key })).rejects.toBeInstanceOf(KubeConnectionError);
    expect(reports.at(-1)).toMatchObject({ method: 'POST', status: 0 });
  });

  test('a question about rights, which is sent by POST, survives a broken connection as a read does', async () => {
    api.next.other.push(dropsConnection, answers(JSON.stringify({ metadata: {}, status: { allowed: true } })));
    const review = await client.create(SUBJECT_ACCESS_REVIEWS, { metadata: {}, spec: {} } as never);
    expect(review.status?.allowed).toBe(true);
    expect(reports.map(({ method, status }) => `${method} ${status}`)).toEqual(['POST 0', 'POST 200']);
  });

  test('a server that hangs, also half-way through its answer, costs the time limit and no more', async () => {
    api.next.list.push(hangs);
    await expect(client.get(CONFIG_MAPS, key)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    api.next.list.push((_request, response) => {
      response.write('{"kind":');
    });
    await expect(client.get(CONFIG_MAPS, key)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await eventually('no connection is left', () => api.connections === 0, { timeoutMs: 5_000, everyMs: 5 });
  });

  test('a caller that aborts is told so, also while his call waits for its turn', async () => {
    const abort = new AbortController();
    api.next.list.push(hangs, hangs, hangs);
    const calls = [1, 2, 3, 4].map(() => client.get(CONFIG_MAPS, key, abort.signal));
    await eventually('three are on their way', () => api.requests.length === 3, { timeoutMs: 5_000, everyMs: 5 });
    abort.abort(new Error('enough'));
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
    }
    expect(api.requests).toHaveLength(3);
  });

  test('what is no Kubernetes API is called that, and its answer is not repeated', async () => {
    for (const body of ['<html>password=hunter2</html>', '"hunter2"', '{"items":[]}']) {
      api.next.list.push(answers(body), answers(body));
      const error = await client.list(CONFIG_MAPS).catch((thrown: unknown) => thrown as Error);
      expect(error).toBeInstanceOf(KubeConnectionError);
      expect((error as Error).message).not.toContain('hunter2');
    }
  });

  test('a list of large objects is read in smaller pages, and what was read is kept', async () => {
    // The last 130 are together more than an answer may have.
    const large = ' '.repeat(512 * 1024);
    const items = Array.from({ length: 630 }, (_, index) => ({
      name: `c-${index}`,
      padding: index < 500 ? '' : large,
    }));
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      const query = new URL(request.url ?? '', api.url).searchParams;
      const start = Number(query.get('continue') ?? 0);
      const end = start + Number(query.get('limit'));
      const token = end < items.length ? `,"continue":"${end}"` : '';
      const objects = items.slice(start, end).map(({ name, padding }) => `${padding}{"metadata":{"name":"${name}"}}`);
      response.end(`{"metadata":{"resourceVersion":"7"${token}},"items":[${objects.join(',')}]}`);
    };
    api.next.list.push(...Array.from({ length: 5 }, () => answer));
    const patient = createKubeClient({ apiServerUrl: api.url, userAgent: 'test' });
    const list = await patient.list(CONFIG_MAPS);
    patient.close();
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(items.map(({ name }) => name));
    expect(api.requests.map((url) => url.split('?')[1])).toEqual([
      'limit=500',
      'limit=500&continue=500',
      'limit=250&continue=500',
      'limit=125&continue=500',
      'limit=125&continue=625',
    ]);
  });

  test('an answer without end is cut off, and asked for again only while a smaller page may help', async () => {
    const chunk = Buffer.alloc(4 * 1024 * 1024, ' ');
    const endless = (_request: IncomingMessage, response: ServerResponse): void => {
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    };
    api.next.list.push(...Array.from({ length: 10 }, () => endless));
    const patient = createKubeClient({ apiServerUrl: api.url, userAgent: 'test' });
    await expect(patient.list(CONFIG_MAPS)).rejects.toThrow('the answer is larger than 67108864 bytes');
    patient.close();
    expect(api.requests).toHaveLength(10);
    expect(api.requests.at(-1)).toBe('/api/v1/configmaps?limit=1');
  });
});

describe('the identity of the client', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kube-client-'));
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  test('a client certificate of the kubeconfig is shown, and only the server of its authority is trusted', async () => {
    const authority = await createCertificateAuthority('test');
    const issue = (commonName: string, use: object) =>
      issueCertificate(authority, { commonName, ipAddresses: ['127.0.0.1'], days: 1, ...use });
    const [serverPair, clientPair] = [await issue('server', { server: true }), await issue('jane', { client: true })];
    const server = createTlsServer(
      { key: serverPair.privateKey, cert: serverPair.certificate, ca: authority.certificate, requestCert: true },
      (request, response) => {
        const name = (request.socket as unknown as TLSSocket).getPeerCertificate().subject.CN;
        response.end(JSON.stringify({ metadata: { name, namespace: 'ns' } }));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const kubeconfig = (ca: string): string => `
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:${port}', certificate-authority-data: ${base64(ca)}}}]
users: [{name: u, user: {client-certificate-data: ${base64(clientPair.certificate)}, client-key-data: ${base64(clientPair.privateKey)}}}]
`;
    const trusting = createKubeClient({ kubeconfig: kubeconfig(authority.certificate), userAgent: 'test' });
    expect(await trusting.get(CONFIG_MAPS, key)).toMatchObject({ metadata: { name: 'jane' } });
    const other = await createCertificateAuthority('other');
    const distrusting = createKubeClient({ kubeconfig: kubeconfig(other.certificate), userAgent: 'test' });
    await expect(distrusting.get(CONFIG_MAPS, key)).rejects.toMatchObject({ name: 'KubeConnectionError' });
    trusting.close();
    distrusting.close();
    server.closeAllConnections();
    server.close();
  });

  test('a token that was replaced is read again when the old one is refused', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'old');
    const kubeconfig = `
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: '${api.url}'}}]
users: [{name: u, user: {tokenFile: ${file}}}]
`;
    const tokens: unknown[] = [];
    const check = (request: IncomingMessage, response: ServerResponse): void => {
      tokens.push(request.headers.authorization);
      if (request.headers.authorization === 'Bearer old' && tokens.length > 1)
        fails(401, 'Unauthorized')(request, response);
      else answers(object)(request, response);
    };
    api.next.list.push(check, check, check);
    const authenticated = createKubeClient({ kubeconfig, userAgent: 'test' });
    await authenticated.get(CONFIG_MAPS, key);
    writeFileSync(file, 'new');
    await authenticated.get(CONFIG_MAPS, key);
    expect(tokens).toEqual(['Bearer old', 'Bearer old', 'Bearer new']);
    authenticated.close();
    rmSync(folder, { recursive: true });
  });

  test('a token of a legacy auth-provider is shown', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'none' })}.${part({ exp: 4_000_000_000 })}.x`;
    const kubeconfig = `
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: '${api.url}'}}]
users: [{name: u, user: {auth-provider: {name: oidc, config: {id-token: ${token}}}}}]
`;
    const shown: unknown[] = [];
    api.next.list.push((request, response) => {
      shown.push(request.headers.authorization);
      answers(object)(request, response);
    });
    const authenticated = createKubeClient({ kubeconfig });
    await authenticated.get(CONFIG_MAPS, key);
    expect(shown).toEqual([`Bearer ${token}`]);
    authenticated.close();
  });
});
