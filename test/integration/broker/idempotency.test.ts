import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { newId, startTestBroker, stopTestBrokers } from './support/broker.ts';
import type { TestBroker } from './support/broker.ts';
import { gate } from './support/gate.ts';
import { askStore, databasesOf, hasLogin } from './support/tenant-sql.ts';

jest.setTimeout(60_000);

let broker: TestBroker;
const engines = gate();
beforeAll(async () => {
  broker = await startTestBroker({ wrapEngines: engines.wrap });
});
afterAll(stopTestBrokers);

describe('a provision request sent again', () => {
  const id = newId();

  test('is 202 with the same operation while the instance is being created, and 409 with other attributes', async () => {
    const release = engines.hold('createDatabase');
    const first = await broker.api.provision(id, { parameters: { storageGB: 7 } });
    const again = await broker.api.provision(id, { parameters: { storageGB: 7 } });
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body.operation).toBe(first.body.operation);
    expect((await broker.api.provision(id, { parameters: { storageGB: 8 } })).status).toBe(409);
    expect((await broker.api.provision(id, { plan: 'large', parameters: { storageGB: 7 } })).status).toBe(409);
    expect((await broker.api.fetch(id)).status).toBe(404);
    const bound = await broker.api.bind(id, newId());
    expect([bound.status, bound.body.error]).toEqual([422, 'ConcurrencyError']);
    const updated = await broker.api.update(id, { plan: 'large' });
    expect([updated.status, updated.body.error]).toEqual([422, 'ConcurrencyError']);
    release();
    expect(await broker.api.endOf(id, first)).toMatchObject({ state: 'succeeded' });
  });

  test('is 200 when the instance is there, also for clients that cannot wait, and 409 with other attributes', async () => {
    expect((await broker.api.provision(id, { parameters: { storageGB: 7 } })).status).toBe(200);
    expect((await broker.api.provision(id, { parameters: { storageGB: 7 }, acceptsIncomplete: false })).status).toBe(
      200,
    );
    expect((await broker.api.provision(id, { parameters: { storageGB: 7, version: '18' } })).status).toBe(200);
    expect((await broker.api.provision(id)).status).toBe(409);
    expect((await broker.api.provision(id, { kind: 'mysql', parameters: { storageGB: 7 } })).status).toBe(409);
  });

  test('is compared with what an update made of the instance', async () => {
    const updated = await broker.api.update(id, { plan: 'standard', parameters: { storageGB: 50 } });
    expect(await broker.api.endOf(id, updated)).toMatchObject({ state: 'succeeded' });
    expect((await broker.api.provision(id, { plan: 'standard', parameters: { storageGB: 50 } })).status).toBe(200);
    expect((await broker.api.provision(id, { parameters: { storageGB: 7 } })).status).toBe(409);
  });

  test('makes one database when twenty clients send it at once', async () => {
    const many = newId();
    const answers = await Promise.all(Array.from({ length: 20 }, () => broker.api.provision(many)));
    // Who comes when it has just been made is told so.
    const waiting = answers.filter(({ status }) => status === 202);
    const told = answers.filter(({ status }) => status === 200 || status === 201);
    expect(waiting.length + told.length).toBe(answers.length);
    expect(new Set(waiting.map(({ body }) => body.operation)).size).toBe(1);
    await broker.api.endOf(many, waiting[0]!);
    expect(await databasesOf('postgresql', many)).toHaveLength(1);
  });
});

describe('an update sent again', () => {
  const id = newId();
  beforeAll(() => broker.api.provisioned(id));

  test('is 202 with the same operation while it is in progress; another one waits its turn', async () => {
    const release = engines.hold('setConnectionLimit');
    const first = await broker.api.update(id, { plan: 'standard' });
    const again = await broker.api.update(id, { plan: 'standard' });
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body.operation).toBe(first.body.operation);
    const other = await broker.api.update(id, { plan: 'large' });
    expect([other.status, other.body.error]).toEqual([422, 'ConcurrencyError']);
    const fetched = await broker.api.fetch(id);
    expect([fetched.status, fetched.body.error]).toEqual([422, 'ConcurrencyError']);
    release();
    expect(await broker.api.endOf(id, first)).toMatchObject({ state: 'succeeded' });
  });

  test('is 200 when it has been made or changes nothing', async () => {
    expect((await broker.api.update(id, { plan: 'standard' })).status).toBe(200);
    expect((await broker.api.update(id, { acceptsIncomplete: false })).status).toBe(200);
    expect((await broker.api.update(id, { parameters: {} })).status).toBe(200);
  });

  test('changes neither plan nor parameters that it does not name', async () => {
    const storage = await broker.api.update(id, { parameters: { storageGB: 33 } });
    await broker.api.endOf(id, storage);
    const plan = await broker.api.update(id, { plan: 'large' });
    await broker.api.endOf(id, plan);
    expect((await broker.api.fetch(id)).body.parameters).toEqual({ storageGB: 33, version: '18' });
  });

  test('is refused when the new plan cannot hold the storage or the version would change, and changes nothing', async () => {
    const smaller = await broker.api.update(id, { plan: 'small' });
    expect(smaller.status).toBe(422);
    expect(smaller.body.description).toContain('at most 10');
    const version = await broker.api.update(id, { parameters: { version: '18.4' } });
    expect(version.status).toBe(422);
    expect((await broker.api.fetch(id)).body.parameters).toEqual({ storageGB: 33, version: '18' });
  });
});

describe('a bind request sent again', () => {
  const id = newId();
  const binding = newId();
  beforeAll(() => broker.api.provisioned(id));

  test('is 202 with the same operation while the login is being made, then 200 with the same credentials', async () => {
    const release = engines.hold('createLogin');
    const first = await broker.api.bind(id, binding, { acceptsIncomplete: true });
    const again = await broker.api.bind(id, binding, { acceptsIncomplete: true });
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body).toEqual(first.body);
    expect((await broker.api.bind(id, binding, { parameters: { access: 'readonly' } })).status).toBe(409);
    expect((await broker.api.fetchBinding(id, binding)).status).toBe(404);
    release();
    expect(await broker.api.endOf(id, first, binding)).toMatchObject({ state: 'succeeded' });
    const repeated = await broker.api.bind(id, binding, { parameters: { access: 'readwrite' } });
    expect(repeated.status).toBe(200);
    expect(repeated.body.credentials).toEqual((await broker.api.fetchBinding(id, binding)).body.credentials);
  });

  test('is 409 with other parameters, another application, or for another instance', async () => {
    expect((await broker.api.bind(id, binding, { parameters: { access: 'readonly' } })).status).toBe(409);
    expect((await broker.api.bind(id, binding, { appGuid: 'another' })).status).toBe(409);
    const other = newId();
    await broker.api.provisioned(other);
    expect((await broker.api.bind(other, binding)).status).toBe(409);
    expect((await broker.api.unbind(other, binding)).status).toBe(410);
  });

  test('makes one login when twenty clients send it at once, one of them 201', async () => {
    const many = newId();
    const answers = await Promise.all(Array.from({ length: 20 }, () => broker.api.bind(id, many)));
    expect(new Set(answers.map(({ body }) => body.credentials?.username)).size).toBe(1);
    expect(answers.every(({ status }) => status === 201 || status === 200)).toBe(true);
  });
});

describe('a deletion', () => {
  test('is 202 with the same operation while it is in progress; the id cannot be used meanwhile', async () => {
    const id = newId();
    await broker.api.provisioned(id);
    const release = engines.hold('dropDatabase');
    const first = await broker.api.deprovision(id);
    const again = await broker.api.deprovision(id);
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body).toEqual(first.body);
    const provisioned = await broker.api.provision(id);
    expect([provisioned.status, provisioned.body.error]).toEqual([422, 'ConcurrencyError']);
    release();
    expect(await broker.api.endOf(id, first)).toMatchObject({ state: 'succeeded' });
    expect((await broker.api.deprovision(id)).status).toBe(410);
    await broker.api.provisioned(id);
  });

  test('ends a provision that hangs, and leaves nothing behind', async () => {
    const id = newId();
    const release = engines.hold('createDatabase');
    const provisioned = await broker.api.provision(id);
    const deleted = await broker.api.deprovision(id);
    expect(deleted.status).toBe(202);
    expect(await broker.api.ended(id, provisioned.body.operation!)).toMatchObject({ state: 'failed' });
    release();
    expect(await broker.api.endOf(id, deleted)).toMatchObject({ state: 'succeeded' });
    expect(await databasesOf('postgresql', id)).toEqual([]);
  });

  test('ends a bind that hangs, and leaves no login behind', async () => {
    const id = newId();
    const binding = newId();
    await broker.api.provisioned(id);
    const release = engines.hold('createLogin');
    const bound = await broker.api.bind(id, binding, { acceptsIncomplete: true });
    const [login] = await askStore<{ username: string }>(
      broker.store,
      'SELECT username FROM broker.bindings WHERE id = $1',
      [binding],
    );
    const deleted = await broker.api.unbind(id, binding, { acceptsIncomplete: true });
    expect(await broker.api.ended(id, bound.body.operation!, binding)).toMatchObject({ state: 'failed' });
    release();
    expect(await broker.api.endOf(id, deleted, binding)).toMatchObject({ state: 'succeeded' });
    expect(await hasLogin('postgresql', login!.username)).toBe(false);
    expect((await broker.api.unbind(id, binding)).status).toBe(410);
  });

  test('without accepts_incomplete asks for it, and does nothing', async () => {
    const id = newId();
    const refused = await broker.api.provision(id, { acceptsIncomplete: false });
    expect([refused.status, refused.body.error]).toEqual([422, 'AsyncRequired']);
    expect((await broker.api.deprovision(id)).status).toBe(410);
    await broker.api.provisioned(id);
    const kept = await broker.api.deprovision(id, { acceptsIncomplete: false });
    expect([kept.status, kept.body.error]).toEqual([422, 'AsyncRequired']);
    expect((await broker.api.fetch(id)).status).toBe(200);
  });
});

describe('polling', () => {
  test('tells the state of the operation that is named, else of the latest, also after the instance is gone', async () => {
    const id = newId();
    const created = await broker.api.provision(id);
    await broker.api.endOf(id, created);
    expect((await broker.api.lastOperation(id)).body.state).toBe('succeeded');
    const deleted = await broker.api.deprovision(id);
    await broker.api.endOf(id, deleted);
    expect((await broker.api.lastOperation(id, created.body.operation)).body.description).toContain('ready');
    expect((await broker.api.lastOperation(id)).body.description).toContain('deleted');
  });

  test('is 410 for an instance or binding that never was, and 400 for an operation that never was', async () => {
    const id = newId();
    expect((await broker.api.lastOperation(id)).status).toBe(410);
    expect((await broker.api.lastOperation(id, undefined, newId())).status).toBe(410);
    await broker.api.provisioned(id);
    expect((await broker.api.lastOperation(id, 'task_10')).status).toBe(400);
    expect((await broker.api.lastOperation(id, newId())).status).toBe(400);
  });

  test('says when to come back while the operation is in progress', async () => {
    const id = newId();
    const release = engines.hold('createDatabase');
    const created = await broker.api.provision(id);
    const polled = await broker.api.lastOperation(id, created.body.operation);
    expect(polled.body.state).toBe('in progress');
    expect(Number(polled.header['retry-after'])).toBeGreaterThan(0);
    release();
    await broker.api.endOf(id, created);
  });
});
