import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApiServer } from '../../support/api-server.ts';
import type { TestApiServer } from '../../support/api-server.ts';
import { ApiRequests } from '../../support/api-requests.ts';
import type { AnswerBody } from '../../support/api-requests.ts';

const SECRETS = '/api/v1/namespaces/default/secrets';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const INSTANCES = '/apis/servicecatalog.k8s.io/v1beta1/namespaces/default/serviceinstances';
const BROKERS = '/apis/servicecatalog.k8s.io/v1beta1/clusterservicebrokers';

let server: TestApiServer;
let api: ApiRequests;

beforeAll(async () => {
  server = await startTestApiServer({ controllers: false });
  api = new ApiRequests({ url: server.url, ca: server.ca, identity: server.admin });
});

afterAll(async () => {
  api.close();
  await server.stop();
});

const broker = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { url: 'https://broker.example.com', ...spec },
});

async function create(path: string, object: object): Promise<AnswerBody> {
  const answer = await api.post(path, object);
  expect(answer).toMatchObject({ status: 201 });
  return answer.body;
}

describe('an object', () => {
  test('is answered with its defaults, its type and what the server sets', async () => {
    const created = await create(BROKERS, broker('defaults'));
    expect(created).toMatchObject({
      apiVersion: 'servicecatalog.k8s.io/v1beta1',
      kind: 'ClusterServiceBroker',
      metadata: { name: 'defaults', generation: 1, uid: expect.stringMatching(/^[0-9a-f-]{36}$/u) },
      spec: { relistBehavior: 'Duration', relistRequests: 0, insecureSkipTLSVerify: false },
    });
    expect((await api.get(`${BROKERS}/defaults`)).body).toEqual(created);
  });

  test('is there once', async () => {
    await create(BROKERS, broker('once'));
    expect(await api.post(BROKERS, broker('once'))).toMatchObject({
      status: 409,
      body: { reason: 'AlreadyExists', message: 'clusterservicebrokers.servicecatalog.k8s.io "once" already exists' },
    });
  });

  test('gets a name when it has a prefix only', async () => {
    const { metadata } = await create(CONFIG_MAPS, { metadata: { generateName: 'made-' } });
    expect(metadata.name).toMatch(/^made-[a-z0-9]{5}$/u);
  });

  test('is not stored by a dry run', async () => {
    expect(await api.post(`${BROKERS}?dryRun=All`, broker('dry'))).toMatchObject({
      status: 201,
      body: { spec: { relistRequests: 0 } },
    });
    expect(await api.get(`${BROKERS}/dry`)).toMatchObject({ status: 404 });
    expect(await api.post(`${BROKERS}?dryRun=All`, broker('dry', { url: 5 }))).toMatchObject({ status: 422 });
  });

  test('needs a namespace that exists, the one of its path', async () => {
    const path = '/api/v1/namespaces/nowhere/configmaps';
    expect(await api.post(path, { metadata: { name: 'a' } })).toMatchObject({
      status: 404,
      body: { message: 'namespaces "nowhere" not found' },
    });
    expect(await api.post(CONFIG_MAPS, { metadata: { name: 'a', namespace: 'other' } })).toMatchObject({ status: 400 });
  });

  test('is not made in a namespace that is being deleted', async () => {
    await create('/api/v1/namespaces', { metadata: { name: 'going' } });
    const gone = await api.delete('/api/v1/namespaces/going');
    expect(gone).toMatchObject({ status: 200, body: { status: { phase: 'Terminating' } } });
    expect(await api.post('/api/v1/namespaces/going/configmaps', { metadata: { name: 'late' } })).toMatchObject({
      status: 403,
      body: { details: { causes: [{ reason: 'NamespaceTerminating' }] } },
    });
    const emptied = { metadata: { name: 'going' }, spec: { finalizers: [] } };
    expect(await api.put('/api/v1/namespaces/going/finalize', emptied)).toMatchObject({ status: 200 });
    expect(await api.get('/api/v1/namespaces/going')).toMatchObject({ status: 404 });
  });

  test.each([
    [63, 201],
    [64, 422],
    [65, 422],
  ])('that is a namespace with a name of %d characters is answered %d', async (length, status) => {
    expect(await api.post('/api/v1/namespaces', { metadata: { name: 'n'.repeat(length) } })).toMatchObject({ status });
  });

  test.each(['a/b', 'ä', 'A', "a'; DROP TABLE object; --", 'x'.repeat(254), '-', ''])(
    'may not be called %j',
    async (name) => {
      expect((await api.post(CONFIG_MAPS, { metadata: { name } })).status).toBe(422);
      expect(await api.get(`${CONFIG_MAPS}/${encodeURIComponent(name)}`)).toMatchObject({
        status: name === '' ? 200 : 404,
      });
    },
  );
});

describe('an update', () => {
  test('counts the generation when the spec changes, not for metadata and status', async () => {
    await create(BROKERS, broker('counted'));
    const path = `${BROKERS}/counted`;
    expect((await api.patch(path, { metadata: { labels: { a: 'b' } } })).body.metadata.generation).toBe(1);
    expect(
      (await api.patch(`${path}/status`, { status: { lastConditionState: 'Ready' }, spec: { url: 'x' } })).body,
    ).toMatchObject({
      metadata: { generation: 1 },
      spec: { url: 'https://broker.example.com' },
      status: { lastConditionState: 'Ready' },
    });
    expect(
      (await api.patch(path, { spec: { relistRequests: 1 }, status: { lastConditionState: 'Forged' } })).body,
    ).toMatchObject({
      metadata: { generation: 2 },
      status: { lastConditionState: 'Ready' },
    });
  });

  test('that changes nothing writes nothing', async () => {
    const created = await create(BROKERS, broker('same'));
    const answer = await api.put(`${BROKERS}/same`, created);
    expect(answer).toMatchObject({
      status: 200,
      body: { metadata: { resourceVersion: created.metadata.resourceVersion } },
    });
  });

  test('of an older version is a conflict, and without a version is refused', async () => {
    const created = await create(BROKERS, broker('old'));
    await api.patch(`${BROKERS}/old`, { spec: { relistRequests: 1 } });
    expect(await api.put(`${BROKERS}/old`, created)).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    expect(await api.put(`${BROKERS}/old`, broker('old'))).toMatchObject({
      status: 422,
      body: {
        message: expect.stringContaining('metadata.resourceVersion: Invalid value: 0: must be specified for an update'),
      },
    });
    const stale = { metadata: { resourceVersion: created.metadata.resourceVersion }, spec: { relistRequests: 2 } };
    expect(await api.patch(`${BROKERS}/old`, stale)).toMatchObject({ status: 409 });
  });

  test('of a Secret may leave the version out', async () => {
    await create(SECRETS, { metadata: { name: 'free' }, stringData: { a: '1' } });
    const answer = await api.put(`${SECRETS}/free`, { metadata: { name: 'free' }, stringData: { b: '2' } });
    expect(answer).toMatchObject({ status: 200, body: { data: { b: 'Mg==' }, type: 'Opaque' } });
    expect(answer.body.data).not.toHaveProperty('a');
  });

  test('for another object of the same name is a conflict', async () => {
    const created = await create(BROKERS, broker('reborn'));
    await api.delete(`${BROKERS}/reborn`);
    await api.patch(`${BROKERS}/reborn`, { metadata: { finalizers: [] } });
    await create(BROKERS, broker('reborn'));
    const patch = { metadata: { uid: created.metadata.uid }, spec: { relistRequests: 1 } };
    expect(await api.patch(`${BROKERS}/reborn`, patch)).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('Precondition failed: UID in precondition') },
    });
  });

  test('without a version wins against others that write at the same time', async () => {
    await create(CONFIG_MAPS, { metadata: { name: 'busy' } });
    const patches = Array.from({ length: 4 }, (_, index) =>
      api.patch(`${CONFIG_MAPS}/busy`, { data: { [`k${index}`]: 'x' } }),
    );
    expect((await Promise.all(patches)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(Object.keys((await api.get(`${CONFIG_MAPS}/busy`)).body.data)).toHaveLength(4);
  });

  test('of what is not there is a 404', async () => {
    expect(await api.put(`${CONFIG_MAPS}/none`, { metadata: { name: 'none' } })).toMatchObject({ status: 404 });
    expect(await api.patch(`${CONFIG_MAPS}/none`, {})).toMatchObject({ status: 404 });
    expect(await api.patch(`${CONFIG_MAPS}/none/status`, {})).toMatchObject({ status: 404 });
  });
});

describe('a deletion', () => {
  const held = (name: string) => ({ metadata: { name, finalizers: ['example.com/hold'] } });

  test('waits for the finalizers, and takes no new ones', async () => {
    const path = `${CONFIG_MAPS}/held`;
    await create(CONFIG_MAPS, held('held'));
    const answer = await api.delete(path);
    expect(answer).toMatchObject({
      status: 200,
      body: { kind: 'ConfigMap', metadata: { deletionGracePeriodSeconds: 0 } },
    });
    expect(answer.body.metadata.deletionTimestamp).toEqual(expect.any(String));
    expect(await api.patch(path, { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } })).toMatchObject(
      { status: 422 },
    );
    expect(await api.patch(path, { data: { still: 'works' } })).toMatchObject({ status: 200 });
    const again = await api.delete(path);
    expect(again.body.metadata.deletionTimestamp).toBe(answer.body.metadata.deletionTimestamp);
    expect(await api.patch(path, { metadata: { finalizers: null } })).toMatchObject({ status: 200 });
    expect(await api.get(path)).toMatchObject({ status: 404 });
  });

  test('is of the very object and version it names', async () => {
    const { metadata } = await create(CONFIG_MAPS, { metadata: { name: 'exact' } });
    const path = `${CONFIG_MAPS}/exact`;
    expect(await api.delete(path, { preconditions: { uid: 'other' } })).toMatchObject({ status: 409 });
    expect(await api.delete(path, { preconditions: { resourceVersion: '1' } })).toMatchObject({ status: 409 });
    expect(await api.delete(`${path}?dryRun=All`)).toMatchObject({ status: 200 });
    const { uid, resourceVersion } = metadata;
    expect(await api.delete(path, { preconditions: { uid, resourceVersion } })).toMatchObject({
      status: 200,
      body: { kind: 'Status', status: 'Success', details: { name: 'exact', kind: 'configmaps', uid } },
    });
    expect(await api.delete(path)).toMatchObject({ status: 404 });
  });

  test.each([
    ['Foreground', 'foregroundDeletion'],
    ['Orphan', 'orphan'],
  ])('with the policy %s leaves a finalizer for the garbage collector', async (propagationPolicy, finalizer) => {
    const name = finalizer.toLowerCase();
    await create(CONFIG_MAPS, { metadata: { name } });
    const answer = await api.delete(`${CONFIG_MAPS}/${name}`, { propagationPolicy });
    expect(answer.body.metadata.finalizers).toEqual([finalizer]);
    expect(await api.delete(`${CONFIG_MAPS}/${name}`, { propagationPolicy: 'Background' })).toMatchObject({
      status: 200,
    });
    expect(await api.get(`${CONFIG_MAPS}/${name}`)).toMatchObject({ status: 404 });
  });

  test('of a collection takes what matches', async () => {
    for (const name of ['c1', 'c2', 'c3'])
      await create(SECRETS, { metadata: { name, labels: { group: name === 'c3' ? 'b' : 'a' } } });
    const answer = await api.delete(`${SECRETS}?labelSelector=group=a`);
    expect(answer.body.items.map(({ metadata }) => metadata.name)).toEqual(['c1', 'c2']);
    expect((await api.get(`${SECRETS}?labelSelector=group`)).body.items).toHaveLength(1);
    expect(await api.delete('/api/v1/secrets')).toMatchObject({ status: 405 });
  });
});

describe('bad input', () => {
  const send = (body: string | Buffer, contentType = 'application/json') =>
    api.send('POST', CONFIG_MAPS, { body, headers: { 'content-type': contentType } });

  test.each<[string, string | Buffer, string, number, string]>([
    ['JSON that is none', '{"metadata":', 'application/json', 400, 'not valid JSON'],
    ['no body', '', 'application/json', 400, 'not valid JSON'],
    ['text', '"hello"', 'application/json', 400, 'must be an object'],
    ['a list', '[]', 'application/json', 400, 'must be an object'],
    ['bytes that are no text', Buffer.from([0x22, 0xff, 0x22]), 'application/json', 400, 'UTF-8'],
    ['nesting', `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`, 'application/json', 400, 'too deeply'],
    [
      'a number that cannot be kept',
      '{"metadata":{"name":"x"},"data":{"a":9007199254740993}}',
      'application/json',
      400,
      '9007199254740993',
    ],
    ['YAML that is none', 'a: [', 'application/yaml', 400, 'not valid YAML'],
    ['YAML that explodes', bomb(), 'application/yaml', 400, 'aliases'],
    ['a form', 'a=b', 'application/x-www-form-urlencoded', 415, 'accepted media types'],
    ['CBOR', Buffer.from([0xd9, 0xd9, 0xf7]), 'application/cbor', 415, 'accepted media types'],
    ['protobuf that is none', 'hello', 'application/vnd.kubernetes.protobuf', 400, 'not protobuf'],
    ['another kind', '{"kind":"Secret","apiVersion":"v1"}', 'application/json', 400, 'expected kind (ConfigMap)'],
  ])('%s is refused', async (_reason, body, contentType, status, message) => {
    expect(await send(body, contentType)).toMatchObject({
      status,
      body: { kind: 'Status', message: expect.stringContaining(message) },
    });
  });

  function bomb(): string {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level++)
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    return lines.join('\n');
  }

  test('a body of more than 3 MiB is refused, and the client gets to know', async () => {
    const body = `{"data":{"a":"${'x'.repeat(8 * 1024 * 1024)}"}}`;
    expect(await send(body)).toMatchObject({ status: 413, body: { reason: 'RequestEntityTooLarge' } });
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    expect(await api.send('POST', CONFIG_MAPS, { body, headers })).toMatchObject({ status: 413 });
    expect(await api.get(CONFIG_MAPS)).toMatchObject({ status: 200 });
  });

  test('parameters of 1 MB are judged, and an object of 2 MB does not fit', async () => {
    const instance = (bytes: number) => ({
      metadata: { name: `with-${bytes}` },
      spec: { clusterServiceClassExternalName: 'a', parameters: { text: 'x'.repeat(bytes) } },
    });
    expect([201, 422]).toContain((await api.post(INSTANCES, instance(1_000_000))).status);
    expect([413, 422]).toContain((await api.post(INSTANCES, instance(2_000_000))).status);
    expect((await api.get(`${INSTANCES}/with-2000000`)).status).toBe(404);
    const map = { metadata: { name: 'large' }, data: { a: 'x'.repeat(1_500_000) } };
    expect(await api.post(CONFIG_MAPS, map)).toMatchObject({ status: 422 });
  });

  test('unknown and repeated fields are refused when the client is strict, else told', async () => {
    const body = '{"metadata":{"name":"odd"},"spec":{"url":"https://a","url":"https://b","colour":"red"}}';
    expect(await api.send('POST', `${BROKERS}?fieldValidation=Strict`, { body })).toMatchObject({
      status: 400,
      body: {
        message: expect.stringContaining(
          'strict decoding error: duplicate field "spec.url", unknown field "spec.colour"',
        ),
      },
    });
    const answer = await api.send('POST', BROKERS, { body });
    expect(answer.status).toBe(201);
    expect(answer.headers['warning']).toContain('unknown field');
    expect(answer.body.spec).toMatchObject({ url: 'https://b' });
    expect(answer.body.spec).not.toHaveProperty('colour');
  });

  test('YAML is read, written, and has its repeated keys noticed', async () => {
    const body = 'metadata:\n  name: from-yaml\ndata:\n  a: "1"\n  a: "2"\n';
    const strict = await api.send('POST', `${CONFIG_MAPS}?fieldValidation=Strict`, {
      body,
      headers: { 'content-type': 'application/yaml' },
    });
    expect(strict).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('duplicate field "line 5"') },
    });
    const headers = { 'content-type': 'application/yaml', accept: 'application/yaml' };
    const answer = await api.send('POST', CONFIG_MAPS, { body: body.replace('  a: "1"\n', ''), headers });
    expect(answer.headers['content-type']).toBe('application/yaml');
    expect(answer.text).toContain('\ndata:\n  a: "2"\n');
  });

  test('parameters keep every kind of value', async () => {
    const parameters = JSON.parse(
      '{"__proto__":{"a":1},"constructor":"c","null":null,"float":0.1,"big":9007199254740992,"list":[[],{}]}',
    ) as object;
    const object = {
      metadata: { name: 'odd-keys' },
      spec: { clusterServiceClassExternalName: 'a', clusterServicePlanExternalName: 'b', parameters },
    };
    const created = await create(INSTANCES, object);
    expect(JSON.stringify(created.spec.parameters)).toBe(JSON.stringify(parameters));
  });

  test.each([
    ['POST', `${CONFIG_MAPS}/x`, 405],
    ['PUT', CONFIG_MAPS, 405],
    ['PATCH', CONFIG_MAPS, 405],
    ['HEAD', CONFIG_MAPS, 405],
    ['OPTIONS', CONFIG_MAPS, 405],
    ['DELETE', '/api/v1/namespaces', 405],
    ['PUT', `${CONFIG_MAPS}/x/status`, 404],
    ['DELETE', `${BROKERS}/x/status`, 405],
    ['GET', '/api/v1/namespaces/default/finalize', 405],
    ['GET', '/api/v1/namespaces/default/namespaces', 404],
    ['GET', '/api/v1/configmaps/x', 404],
    ['POST', '/api/v1/configmaps', 405],
    ['GET', '/apis/servicecatalog.k8s.io/v1/serviceinstances', 404],
    ['DELETE', '/apis', 405],
    ['POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', 405],
    ['GET', '/api/v1/watch/secrets', 404],
  ])('%s %s is answered %d', async (method, path, status) => {
    expect((await api.send(method, path)).status).toBe(status);
  });

  test.each(['application/strategic-merge-patch+json', 'application/apply-patch+yaml', 'text/plain'])(
    'a patch of type %s is not understood for a custom resource',
    async (contentType) => {
      const answer = await api.send('PATCH', `${BROKERS}/x`, { body: '{}', headers: { 'content-type': contentType } });
      expect(answer).toMatchObject({
        status: 415,
        body: { reason: 'UnsupportedMediaType', message: expect.stringContaining('application/merge-patch+json') },
      });
    },
  );

  test('an answer that cannot be written as asked is a 406', async () => {
    expect(await api.get(CONFIG_MAPS, { accept: 'application/cbor' })).toMatchObject({ status: 406 });
  });

  test('no refusal repeats a value of a Secret', async () => {
    const answers = [
      await api.post(SECRETS, { metadata: { name: 'leaky' }, data: { password: 'hunter2-not-base64' } }),
      await api.send('POST', SECRETS, { body: '{"metadata":{"name":"leaky"},"stringData":{"password":"hunter2' }),
      await api.post(SECRETS, { metadata: { name: 'leaky' }, stringData: { password: ['hunter2'] } }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).not.toContain('hunter2');
    }
  });
});
