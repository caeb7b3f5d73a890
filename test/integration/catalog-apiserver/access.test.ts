import { get as httpsGet } from 'node:https';
import type { Agent } from 'node:https';
import { Agent as HttpsAgent } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCertificateAuthority } from '../../../lib/runtime/tls.ts';
import { startTestApiServer } from '../../support/api-server.ts';
import type { TestApiServer } from '../../support/api-server.ts';
import { ApiRequests } from '../../support/api-requests.ts';
import { issueUser } from '../../support/issue-user.ts';

describe('who may do what', () => {
  let server: TestApiServer;
  const clients: ApiRequests[] = [];

  const as = (identity?: TestApiServer['admin']): ApiRequests => {
    const client = new ApiRequests({ url: server.url, ca: server.ca, ...(identity === undefined ? {} : { identity }) });
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    server = await startTestApiServer({ controllers: false });
  });

  afterAll(async () => {
    for (const client of clients) client.close();
    await server.stop();
  });

  test('nobody learns more than that the server is well', async () => {
    const nobody = as();
    for (const path of ['/healthz', '/livez', '/readyz'])
      expect(await nobody.get(path)).toMatchObject({ status: 200, text: 'ok' });
    for (const path of ['/', '/api', '/apis', '/version', '/openapi/v3', '/metrics', '/api/v1/secrets', '/nonsense']) {
      expect(await nobody.get(path)).toMatchObject({
        status: 401,
        body: { kind: 'Status', reason: 'Unauthorized', code: 401 },
      });
    }
  });

  test('a certificate of another authority is worth nothing', async () => {
    const authority = await createCertificateAuthority('test authority');
    const admin = as(await issueUser(authority, 'admin', 'system:masters'));
    expect(await admin.get('/api/v1/secrets')).toMatchObject({ status: 401 });
  });

  test('a user who is no administrator may look at the API and ask, nothing else', async () => {
    const bob = as(await server.issueUser('bob', 'developers'));
    expect(await bob.get('/apis')).toMatchObject({ status: 200 });
    expect(await bob.get('/openapi/v3/api/v1')).toMatchObject({ status: 200 });
    expect(await bob.get('/api/v1/namespaces/default/secrets')).toMatchObject({
      status: 403,
      body: {
        reason: 'Forbidden',
        message:
          'secrets is forbidden: User "bob" cannot list resource "secrets" in API group "" in the namespace "default"',
      },
    });
    expect(await bob.get('/api/v1/whatever')).toMatchObject({ status: 403 });
    expect(await bob.get('/metrics')).toMatchObject({ status: 403 });
    expect(await bob.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {})).toMatchObject({
      status: 201,
      body: { status: { userInfo: { username: 'bob', groups: ['developers', 'system:authenticated'] } } },
    });
    const question = { spec: { resourceAttributes: { verb: 'get', resource: 'secrets', namespace: 'default' } } };
    expect(await bob.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', question)).toMatchObject({
      status: 201,
      body: { status: { allowed: false } },
    });
    expect(await bob.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', question)).toMatchObject({
      status: 403,
    });
  });

  test('an administrator may ask about others and act for them', async () => {
    const admin = as(server.admin);
    const attributes = { verb: 'get', resource: 'secrets' };
    const about = (user: string, groups: string[]) =>
      admin.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        spec: { user, groups, resourceAttributes: attributes },
      });
    expect(await about('bob', [])).toMatchObject({ body: { status: { allowed: false } } });
    expect(await about('eve', ['system:masters'])).toMatchObject({ body: { status: { allowed: true } } });
    const forBob = { 'impersonate-user': 'bob', 'impersonate-group': 'developers' };
    expect(await admin.get('/api/v1/secrets', forBob)).toMatchObject({ status: 403 });
    expect(await admin.get('/api/v1/secrets', { 'impersonate-group': 'developers' })).toMatchObject({ status: 400 });
  });

  test('nobody else may act for others', async () => {
    const bob = as(await server.issueUser('bob'));
    const headers = { 'impersonate-user': 'admin', 'impersonate-group': 'system:masters' };
    expect(await bob.get('/api/v1/secrets', headers)).toMatchObject({
      status: 403,
      body: {
        message:
          'users "admin" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope',
      },
    });
  });

  test('the writer of an object is the user of the certificate, whatever the object says', async () => {
    const admin = as(server.admin);
    const path = '/apis/servicecatalog.k8s.io/v1beta1/namespaces/default/serviceinstances';
    const object = {
      metadata: { name: 'mine' },
      spec: {
        clusterServiceClassExternalName: 'a',
        clusterServicePlanExternalName: 'b',
        userInfo: { username: 'eve' },
      },
    };
    expect(await admin.post(path, object)).toMatchObject({
      status: 201,
      body: { spec: { userInfo: { username: 'admin' } } },
    });
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('a resumed session of %s is still the same user', async (maxVersion) => {
    const agent = new HttpsAgent({
      ca: server.ca,
      cert: server.admin.certificate,
      key: server.admin.privateKey,
      keepAlive: false,
      maxVersion,
    });
    expect(await statusAndReuse(agent)).toEqual([200, false]);
    expect(await statusAndReuse(agent)).toEqual([200, true]);
  });

  async function statusAndReuse(agent: Agent): Promise<[number | undefined, boolean]> {
    return new Promise((resolve, reject) => {
      httpsGet(`${server.url}/api/v1/namespaces/default`, { agent }, (response) => {
        const reused = (response.socket as unknown as Pick<TLSSocket, 'isSessionReused'>).isSessionReused();
        response.resume().on('end', () => {
          resolve([response.statusCode, reused]);
        });
      }).on('error', reject);
    });
  }
});
