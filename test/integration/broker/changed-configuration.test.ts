import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { DEFAULT_SERVICES } from '../../../broker/catalog/default-services.ts';
import { configuredServers, newId, startTestBroker, stopTestBrokers } from './support/broker.ts';
import type { TestBroker, TestBrokerOptions } from './support/broker.ts';
import { asBinding, databasesOf } from './support/tenant-sql.ts';

jest.setTimeout(60_000);

/** Has an instance and a binding, then stops; each test starts it again with another configuration. */
let before: TestBroker;
const id = newId();
const binding = newId();
beforeAll(async () => {
  before = await startTestBroker();
  await before.api.provisioned(id, { plan: 'standard' });
  await before.api.credentials(id, binding, { plan: 'standard' });
  await before.pause();
});
afterAll(stopTestBrokers);

async function restarted(options: TestBrokerOptions, story: (broker: TestBroker) => Promise<void>): Promise<void> {
  const broker = await startTestBroker({ ...options, sharedWith: before });
  await story(broker);
  await broker.stop();
}

test('an address that changed is in the credentials at the next read', async () => {
  const servers = (await configuredServers()).map((server) => ({
    ...server,
    advertise: { ...server.advertise, host: 'localhost' },
  }));
  await restarted({ servers }, async ({ api }) => {
    const { credentials } = (await api.fetchBinding(id, binding)).body;
    expect(credentials!.host).toBe('localhost');
    expect(credentials!.uri).toContain('@localhost:');
  });
});

test('a default version that changed does not make a repeated provision another one', async () => {
  const servers = (await configuredServers()).map((server) => ({ ...server, serves: server.serves.toReversed() }));
  await restarted({ servers }, async ({ api }) => {
    expect((await api.provision(id, { plan: 'standard' })).status).toBe(200);
  });
});

test('instances of a plan that left the catalog are bound, read and unbound, but no more are made', async () => {
  const services = DEFAULT_SERVICES.map((service) => ({
    ...service,
    plans: service.plans.filter(({ name }) => name !== 'standard'),
  }));
  await restarted({ services }, async ({ api }) => {
    const another = newId();
    await asBinding(await api.credentials(id, another, { plan: 'standard' }), 'SELECT 1');
    expect((await api.fetch(id)).status).toBe(200);
    expect((await api.unbind(id, another)).status).toBe(200);
    expect((await api.provision(newId(), { plan: 'standard' })).body.error).toBe('UnknownPlan');
  });
});

test('instances on a server that left the configuration wait with the reason, and go when it is put back', async () => {
  const others = (await configuredServers()).filter(({ name }) => name !== 'postgres-1');
  let operation = '';
  await restarted({ servers: others }, async ({ api }) => {
    const deleted = await api.deprovision(id);
    expect(deleted.status).toBe(202);
    operation = deleted.body.operation!;
    for (;;) {
      const { description } = (await api.lastOperation(id, operation)).body;
      if (description?.includes('postgres-1 is not in the broker')) break;
    }
  });
  await restarted({}, async ({ api }) => {
    expect(await api.ended(id, operation)).toMatchObject({ state: 'succeeded' });
    expect(await databasesOf('postgresql', id)).toEqual([]);
  });
});
