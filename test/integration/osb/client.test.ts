import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OsbCall, OsbClient } from '../../../lib/osb/client-contract.ts';
import type { OsbClientOptions } from '../../../lib/osb/client-options.ts';
import { createOsbClient } from '../../../lib/osb/client.ts';
import type { ProvisionRequest } from '../../../lib/osb/types.ts';
import { startFakeBroker } from '../../support/fake-broker.ts';
import type { FakeBroker } from '../../support/fake-broker.ts';

const auth = { username: 'catalog', password: 'correct horse' };
const plan = { service_id: 'fake-service-id', plan_id: 'fake-plan-small' };
const request: ProvisionRequest = { ...plan, organization_guid: 'o', space_guid: 's', parameters: { storageGB: 1 } };
const bindRequest = { ...plan, parameters: { access: 'readonly' } };

let broker: FakeBroker;
let client: OsbClient;
const releases: (() => Promise<void> | void)[] = [];

function aClient(options: Partial<OsbClientOptions> = {}): OsbClient {
  const made = createOsbClient({ url: broker.url, auth: { basic: auth }, timeoutMs: 20_000, ...options });
  releases.push(() => made.close());
  return made;
}

beforeEach(async () => {
  broker = await startFakeBroker({ auth });
  client = aClient();
});

afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
  await broker.stop();
});

describe('a broker that does as it should', () => {
  test('is led through the whole life of an instance and its binding', async () => {
    expect((await client.getCatalog()).kind).toBe('success');
    expect(await client.provision('i', request)).toEqual({ kind: 'success', status: 201, body: {} });
    expect(await client.provision('i', request)).toEqual({ kind: 'success', status: 200, body: {} });
    expect(await client.updateInstance('i', { ...plan, parameters: { storageGB: 2 } })).toMatchObject({
      kind: 'success',
    });
    expect(await client.getInstance('i', plan)).toMatchObject({ body: { parameters: { storageGB: 2 } } });
    const bound = await client.bind('i', 'b', bindRequest);
    expect(bound).toMatchObject({ kind: 'success', status: 201, body: { credentials: { username: 'user-b' } } });
    expect(await client.getBinding('i', 'b', plan)).toMatchObject({ body: { parameters: { access: 'readonly' } } });
    expect(await client.unbind('i', 'b', plan)).toEqual({ kind: 'success', status: 200, body: {} });
    expect(await client.unbind('i', 'b', plan)).toEqual({ kind: 'success', status: 410, body: {} });
    expect(await client.deprovision('i', plan)).toEqual({ kind: 'success', status: 200, body: {} });
    expect(await client.deprovision('i', plan)).toEqual({ kind: 'success', status: 410, body: {} });
    expect(broker.world.instances.size + broker.world.bindings.size).toBe(0);
    expect(broker.world.violations).toEqual([]);
  });

  test('hears the version, who calls, which request it is, for whom and for which cluster and namespace', async () => {
    const originatingIdentity = { platform: 'kubernetes', value: { username: 'ada' } };
    await client.provision('i', request, { originatingIdentity });
    await client.provision('j', request);
    await client.deprovision('j', plan, { place: { clusterid: 'c', namespace: 'n' } });
    const [deletion] = broker.requestsTo('DeprovisionInstance');
    const place = deletion!.headers['x-service-catalog-context'] as string;
    expect(Buffer.from(place, 'base64').toString()).toBe('{"clusterid":"c","namespace":"n"}');
    const [first, second] = broker.requestsTo('ProvisionInstance');
    expect(first!.headers).toMatchObject({
      'x-broker-api-version': '2.17',
      'content-type': 'application/json',
      'user-agent': 'service-catalog',
      'x-broker-api-originating-identity': `kubernetes ${Buffer.from('{"username":"ada"}').toString('base64')}`,
    });
    expect(first!.headers).not.toHaveProperty('accept-encoding');
    expect(first!.headers['x-broker-api-request-identity']).toMatch(/^[0-9a-f-]{36}$/);
    expect(second!.headers['x-broker-api-request-identity']).not.toBe(first!.headers['x-broker-api-request-identity']);
    expect(second!.headers).not.toHaveProperty('x-broker-api-originating-identity');
    expect(second!.headers).not.toHaveProperty('x-service-catalog-context');
  });

  test('gets ids of any characters as one percent-encoded segment', async () => {
    const id = "a/b?c#d é'; DROP TABLE x;--%2F";
    await client.provision(id, request);
    expect([...broker.world.instances.keys()]).toEqual([id]);
    await client.pollInstance(id, { ...plan, operation: 'task 1&x=/?' });
    expect(broker.requests.at(-1)!.url).toContain('operation=task%201%26x%3D%2F%3F');
  });

  test('is not bothered with an id that no URL can carry', async () => {
    for (const id of ['', '.', '..']) {
      expect(await client.provision(id, request)).toMatchObject({ kind: 'rejected', status: 400 });
      expect(await client.pollBinding('i', id)).toMatchObject({ kind: 'rejected', status: 400 });
    }
    expect(broker.requests).toEqual([]);
  });

  test('may live below a path', async () => {
    const below = aClient({ url: `${broker.url}/some/broker//` });
    expect((await below.getCatalog()).kind).toBe('success');
    expect(broker.requests[0]!.url).toBe('/some/broker/v2/catalog');
  });

  test('is asked for asynchronous work with instances always, with bindings on demand', async () => {
    await client.provision('i', request);
    await client.bind('i', 'b', bindRequest);
    await client.bind('i', 'c', bindRequest, { acceptsIncomplete: true });
    await client.deprovision('i', plan, { acceptsIncomplete: false });
    expect(broker.requests.map(({ url }) => url.includes('accepts_incomplete=true'))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  test('that answers 202 is polled with its operation, and says when', async () => {
    broker.always('ProvisionInstance', {
      kind: 'async',
      polls: 1,
      end: 'succeeded',
      operation: 'task-1',
      retryAfter: '7',
    });
    expect(await client.provision('i', request)).toEqual({
      kind: 'accepted',
      operation: 'task-1',
      body: { operation: 'task-1' },
    });
    expect(await client.pollInstance('i', { ...plan, operation: 'task-1' })).toEqual({
      kind: 'success',
      status: 200,
      body: { state: 'in progress' },
      retryAfterSeconds: 7,
    });
    expect(await client.pollInstance('i')).toMatchObject({ body: { state: 'succeeded' } });
    expect(broker.world.made.instances).toBe(1);
  });

  test('need not send its catalog again while its ETag is the same', async () => {
    const tagged = await startFakeBroker({ etag: '"v1"' });
    releases.push(() => tagged.stop());
    const withTag = aClient({ url: tagged.url });
    expect(await withTag.getCatalog()).toMatchObject({
      kind: 'success',
      status: 200,
      body: { modified: true, etag: '"v1"' },
    });
    expect(await withTag.getCatalog({ etag: '"v1"' })).toEqual({
      kind: 'success',
      status: 304,
      body: { modified: false },
    });
    expect(await withTag.getCatalog({ etag: '"v0"' })).toMatchObject({ status: 200, body: { modified: true } });
  });

  test('takes a bearer token instead of a password', async () => {
    const bearer = await startFakeBroker({ auth: { bearer: 'abc.def' } });
    releases.push(() => bearer.stop());
    expect((await aClient({ url: bearer.url, auth: { bearer: 'abc.def' } }).getCatalog()).kind).toBe('success');
    expect(await aClient({ url: bearer.url, auth: { bearer: 'abc.xyz' } }).getCatalog()).toMatchObject({ status: 401 });
  });

  test('may be found at another address than its URL says', async () => {
    const elsewhere = aClient({
      url: 'http://broker.example:8080',
      connect: { 'broker.example:8080': { host: '127.0.0.1', port: broker.port } },
    });
    expect((await elsewhere.getCatalog()).kind).toBe('success');
    expect(broker.requests[0]!.headers.host).toBe('broker.example:8080');
  });
});

describe('a broker that says no', () => {
  test('is quoted with its error, its words and when to come back', async () => {
    broker.next('ProvisionInstance', {
      kind: 'answer',
      status: 422,
      body: { error: 'ConcurrencyError', description: 'another\noperation\u0007 runs', instance_usable: true, x: 'y' },
      headers: { 'Retry-After': '3' },
    });
    expect(await client.provision('i', request)).toEqual({
      kind: 'rejected',
      status: 422,
      error: 'ConcurrencyError',
      description: 'another operation runs',
      retryAfterSeconds: 3,
      body: { error: 'ConcurrencyError', description: 'another operation runs', instance_usable: true },
    });
  });

  test('in a web page is quoted with its words only, and not for long', async () => {
    const text = `<html><head><script>x()</script></head><body><h1>502</h1> Bad Gateway ${'x'.repeat(5_000)}</body></html>`;
    broker.next('Bind', { kind: 'answer', status: 502, text, headers: { 'Content-Type': 'text/html' } });
    const outcome = await client.bind('i', 'b', bindRequest);
    expect(outcome).toMatchObject({ kind: 'failed', status: 502 });
    const words = outcome.kind === 'failed' ? outcome.description! : '';
    expect(words).toMatch(/^502 Bad Gateway x+…$/);
    expect(words.length).toBeLessThan(310);
  });

  test('without words is a failure all the same', async () => {
    broker.next('Unbind', { kind: 'answer', status: 500 }, { kind: 'answer', status: 404 });
    expect(await client.unbind('i', 'b', plan)).toEqual({ kind: 'failed', status: 500, body: {} });
    expect(await client.unbind('i', 'b', plan)).toEqual({ kind: 'rejected', status: 404, body: {} });
  });

  test('410 while polling is left to the caller', async () => {
    expect(await client.pollInstance('i')).toMatchObject({ kind: 'rejected', status: 410 });
    expect(await client.pollBinding('i', 'b')).toMatchObject({ kind: 'rejected', status: 410 });
  });

  test('never gets our password into a message, even by sending it back', async () => {
    const basic = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
    broker.next('GetCatalog', {
      kind: 'answer',
      status: 403,
      body: { description: `not ${auth.password}, Basic ${basic}` },
    });
    broker.next('GetCatalog', { kind: 'answer', status: 500, text: `debug: ${auth.password}` });
    broker.next('GetCatalog', { kind: 'answer', status: 500, text: `${'x'.repeat(295)} ${auth.password}` });
    broker.next('GetCatalog', { kind: 'redirect', location: `http://${basic}.example/${auth.password}` });
    for (let call = 0; call < 4; call += 1) {
      const shown = JSON.stringify(await client.getCatalog());
      expect(shown).not.toContain(auth.password.slice(0, 4));
      expect(shown).not.toContain(basic);
    }
  });
});

describe('a broker that deletes without a word', () => {
  test.each([200, 410] as const)('with %d and an empty body has deleted', async (status) => {
    broker.always('DeprovisionInstance', { kind: 'answer', status });
    broker.always('Unbind', { kind: 'answer', status });
    expect(await client.deprovision('i', plan)).toEqual({ kind: 'success', status, body: {} });
    expect(await client.unbind('i', 'b', plan)).toEqual({ kind: 'success', status, body: {} });
  });

  test('with 202 and an empty body is polled', async () => {
    broker.always('DeprovisionInstance', { kind: 'answer', status: 202 });
    expect(await client.deprovision('i', plan)).toEqual({ kind: 'accepted', body: {} });
  });
});

describe('a broker that talks nonsense', () => {
  test.each<[string, Parameters<FakeBroker['next']>[1], RegExp]>([
    ['an empty body', { kind: 'answer', status: 201 }, /201 with an empty body/],
    ['half a JSON', { kind: 'answer', status: 201, text: '{"dashboard_url":' }, /201 with a body that is not JSON/],
    ['a JSON list', { kind: 'answer', status: 200, body: [] }, /wrong shape: must be an object/],
    [
      'a number for a URL',
      { kind: 'answer', status: 201, body: { dashboard_url: 5 } },
      /dashboard_url must be a string/,
    ],
    ['a web page', { kind: 'html' }, /not JSON \(text\/html\)/],
    [
      'a redirect',
      { kind: 'redirect', location: 'https://other.example/x?token=t' },
      /302 with a redirect to other\.example, /,
    ],
    ['204', { kind: 'answer', status: 204 }, /204 with a status the specification does not have/],
    ['304 unasked', { kind: 'answer', status: 304 }, /304 with a redirect/],
    [
      'bytes that are not UTF-8',
      { kind: 'answer', status: 200, text: '{}', headers: { 'Content-Encoding': 'gzip' } },
      /compressed/,
    ],
    ['half an answer', { kind: 'cut-off' }, /cut off/],
    ['nothing', { kind: 'hang-up' }, /cut off/],
  ])('sending %s to a provision leaves it unknown what was done', async (_what, behaviour, message) => {
    broker.next('ProvisionInstance', behaviour);
    const outcome = await client.provision('i', request);
    expect(outcome.kind).toBe('nonsense');
    expect(outcome).toHaveProperty('message', expect.stringMatching(message));
  });

  test('202 to a request that did not ask for it is nonsense', async () => {
    broker.next('Bind', { kind: 'answer', status: 202, body: {} });
    expect(await client.bind('i', 'b', bindRequest)).toMatchObject({ kind: 'nonsense', status: 202 });
  });

  test('credentials of the wrong shape do not get into the message', async () => {
    broker.next('Bind', { kind: 'answer', status: 201, body: { credentials: 'postgres://u:hunter2@h' } });
    broker.next('Bind', { kind: 'answer', status: 201, text: '{"credentials":{"password":"hunter2"' });
    for (let call = 0; call < 2; call += 1) {
      const outcome = await client.bind('i', 'b', bindRequest);
      expect(outcome.kind).toBe('nonsense');
      expect(JSON.stringify(outcome)).not.toContain('hunter2');
    }
  });

  test('100 MB are not read to their end', async () => {
    const small = aClient({ maxBodyBytes: 100_000 });
    broker.always('GetCatalog', { kind: 'flood', bytes: 100 * 1024 * 1024 });
    expect(await small.getCatalog()).toEqual({
      kind: 'nonsense',
      status: 200,
      message: "the broker's answer (200) is too long",
    });
    broker.always('GetCatalog', { kind: 'flood', bytes: 100 * 1024 * 1024, status: 500 });
    expect((await small.getCatalog()).kind).toBe('nonsense');
    broker.always('GetCatalog', { kind: 'normal' });
    expect((await small.getCatalog()).kind).toBe('success');
  });

  test('a catalog with faults names them', async () => {
    broker.catalog = { services: [{ ...broker.catalog.services[0]!, plans: [] }] };
    const outcome = await client.getCatalog();
    expect(outcome.kind === 'nonsense' && outcome.message).toMatch(/services\[0\]\.plans .* at least one plan/);
  });
});

describe('a broker that keeps one waiting', () => {
  test.each(['hang', 'trickle'] as const)(
    '(%s) is left after the deadline, and it stays unknown what it did',
    async (kind) => {
      broker.next('ProvisionInstance', kind === 'hang' ? { kind, alsoDo: true } : { kind });
      const outcome = await aClient({ timeoutMs: 1_000 }).provision('i', request);
      expect(outcome).toEqual({ kind: 'timed-out', message: 'the broker did not answer completely within 1 s' });
    },
  );

  test('is left at once when the caller gives up', async () => {
    broker.next('ProvisionInstance', { kind: 'hang' });
    const controller = new AbortController();
    const call = client.provision('i', request, { signal: controller.signal });
    controller.abort(new Error('stopping'));
    await expect(call).rejects.toThrow('stopping');
    await expect(client.getCatalog({ signal: controller.signal })).rejects.toThrow('stopping');
  });

  test('does not hold up its other calls', async () => {
    broker.next('ProvisionInstance', { kind: 'hang' }, { kind: 'hang' }, { kind: 'hang' });
    const controller = new AbortController();
    const hanging = [1, 2, 3].map((n) => client.provision(`i${n}`, request, { signal: controller.signal }));
    expect((await client.getCatalog()).kind).toBe('success');
    controller.abort(new Error('enough'));
    await Promise.allSettled(hanging);
  });
});

describe('a broker that was never reached', () => {
  test('refuses the connection', async () => {
    await broker.stop();
    expect(await client.provision('i', request)).toEqual({
      kind: 'unreachable',
      message:
        'the broker cannot be reached: nothing listens there (connection refused); check the host and port of the URL',
    });
    await broker.start();
    expect((await client.provision('i', request)).kind).toBe('success');
  });

  test('has a name nobody knows', async () => {
    const outcome = await aClient({ url: 'http://broker.invalid' }).getCatalog();
    expect(outcome).toMatchObject({ kind: 'unreachable', message: expect.stringMatching(/host name/) });
  });

  test('accepts the connection and never speaks TLS', async () => {
    const { port } = await silentServer();
    const outcome = await aClient({ url: `https://127.0.0.1:${port}`, timeoutMs: 150 }).provision('i', request);
    expect(outcome.kind).toBe('unreachable');
  });

  test('that speaks TLS is not plain HTTP, and the other way round', async () => {
    const outcome = await aClient({ url: `https://127.0.0.1:${broker.port}` }).provision('i', request);
    expect(outcome).toMatchObject({ kind: 'unreachable', message: expect.stringMatching(/does not speak TLS/) });
  });
});

test('each call is reported once with its end, its status and its duration', async () => {
  const calls: OsbCall[] = [];
  const onCall = (call: OsbCall) => calls.push(call);
  const observed = aClient({ onCall });
  broker.next('GetCatalog', { kind: 'normal' }, { kind: 'answer', status: 503 }, { kind: 'hang' });
  for (let call = 0; call < 2; call += 1) await observed.getCatalog();
  await aClient({ onCall, timeoutMs: 1_000 }).getCatalog();
  await broker.stop();
  await observed.provision('i', request);
  expect(calls.map(({ method, outcome, status }) => [method, outcome, status])).toEqual([
    ['GetCatalog', 'success', 200],
    ['GetCatalog', 'failed', 503],
    ['GetCatalog', 'timed-out', undefined],
    ['ProvisionInstance', 'unreachable', undefined],
  ]);
  expect(calls.every(({ durationMs }) => durationMs >= 0)).toBe(true);
});

/** Accepts connections and says nothing. */
async function silentServer(): Promise<{ port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  releases.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port };
}
