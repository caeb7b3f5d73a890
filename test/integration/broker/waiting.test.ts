import { afterEach, describe, expect, jest, test } from '@jest/globals';
import supertest from 'supertest';
import type { ServerConfig } from '../../../broker/config/config.ts';
import { createStoreDatabase, testServers } from '../../support/servers.ts';
import { eventually } from '../../support/wait.ts';
import { configuredServers, newId, startTestBroker, stopTestBrokers } from './support/broker.ts';
import type { TestBroker } from './support/broker.ts';
import { gate } from './support/gate.ts';
import type { ApiAnswer } from './support/osb-api.ts';
import { asBinding, databasesOf } from './support/tenant-sql.ts';
import { tcpProxy } from './support/tcp-proxy.ts';
import type { TcpProxy } from './support/tcp-proxy.ts';

jest.setTimeout(60_000);
afterEach(stopTestBrokers);

/** The PostgreSQL of the test run behind a proxy. */
async function behindProxy(): Promise<{ proxy: TcpProxy; server: ServerConfig }> {
  const { port } = (await testServers()).postgres;
  const proxy = await tcpProxy(port);
  const [postgres] = await configuredServers();
  return { proxy, server: { ...postgres!, admin: { ...postgres!.admin, port: proxy.port } } };
}

async function described(broker: TestBroker, id: string, pattern: RegExp): Promise<void> {
  await eventually(`the description ${pattern.source}`, async () =>
    pattern.test((await broker.api.lastOperation(id)).body.description ?? ''),
  );
}

describe('a server that is down when the broker starts', () => {
  test('keeps only its own instances waiting, with the reason, and they are made when it comes back', async () => {
    const { proxy, server } = await behindProxy();
    const broker = await startTestBroker({ servers: [server] });
    expect((await supertest(broker.url).get('/readyz')).status).toBe(200);
    expect((await broker.api.send('get', '/v2/catalog')).status).toBe(200);
    const id = newId();
    const created = await broker.api.provision(id);
    expect(created.status).toBe(202);
    await described(broker, id, /server postgres-1 is unreachable .*; trying again in \d+ s \(attempt \d+\)/);
    expect((await supertest(broker.url).get('/metrics')).text).toContain('broker_server_ready{server="postgres-1"} 0');
    await proxy.open();
    expect(await broker.api.endOf(id, created)).toMatchObject({ state: 'succeeded' });
    await broker.api.deprovisioned(id);
    await broker.stop();
    await proxy.block();
  });

  test('is given up after the configured time; the same request tries again, a deletion clears up', async () => {
    const { proxy, server } = await behindProxy();
    const broker = await startTestBroker({ servers: [server], limits: { giveUpAfterSeconds: 1 } });
    const id = newId();
    const created = await broker.api.provision(id);
    const failed = await broker.api.endOf(id, created);
    expect(failed.state).toBe('failed');
    expect(failed.description).toMatch(/postgres-1/);
    const bound = await broker.api.bind(id, newId());
    expect([bound.status, bound.body.error]).toEqual([400, 'NotBindable']);
    expect((await broker.api.provision(id, { plan: 'large' })).status).toBe(409);
    await proxy.open();
    await eventually('the server is ready', async () =>
      (await supertest(broker.url).get('/metrics')).text.includes('broker_server_ready{server="postgres-1"} 1'),
    );
    const again = await broker.api.provision(id);
    expect(again.body.operation).not.toBe(created.body.operation);
    expect(await broker.api.endOf(id, again)).toMatchObject({ state: 'succeeded' });
    await broker.api.deprovisioned(id);
    expect(await databasesOf('postgresql', id)).toEqual([]);
    await broker.stop();
    await proxy.block();
  });
});

describe('a server that goes away', () => {
  test('makes a bind wait, an answer 503 for who cannot wait, and the same request succeed when it is back', async () => {
    const { proxy, server } = await behindProxy();
    await proxy.open();
    const broker = await startTestBroker({ servers: [server], limits: { syncWithinMs: 1_500 } });
    const id = newId();
    const binding = newId();
    await broker.api.provisioned(id);
    await proxy.block();
    const waiting = await broker.api.bind(id, binding);
    expect([waiting.status, waiting.body.error]).toEqual([503, 'Unavailable']);
    expect(waiting.header['retry-after']).toBeDefined();
    const accepted = await broker.api.bind(id, binding, { acceptsIncomplete: true });
    expect(accepted.status).toBe(202);
    await proxy.open();
    expect(await broker.api.endOf(id, accepted, binding)).toMatchObject({ state: 'succeeded' });
    await asBinding(await broker.api.credentials(id, binding), 'SELECT 1');
    await broker.api.deprovisioned(id);
    await broker.stop();
    await proxy.block();
  });
});

describe('a store that goes away', () => {
  test('makes requests 503 and the broker not ready, until it is back; nothing is lost', async () => {
    const store = await createStoreDatabase();
    const direct = new URL(store.url);
    const proxy = await tcpProxy(Number(direct.port));
    await proxy.open();
    const through = new URL(store.url);
    through.port = String(proxy.port);
    const broker = await startTestBroker({ store: { ...store, url: through.href } });
    const id = newId();
    await broker.api.provisioned(id);
    await proxy.block();
    const refused = await broker.api.fetch(id);
    expect([refused.status, refused.body.error]).toEqual([503, 'Unavailable']);
    expect((await supertest(broker.url).get('/readyz')).status).toBe(503);
    expect((await supertest(broker.url).get('/healthz')).status).toBe(200);
    await proxy.open();
    await eventually('ready again', async () => (await supertest(broker.url).get('/readyz')).status === 200);
    expect((await broker.api.fetch(id)).status).toBe(200);
    await broker.api.deprovisioned(id);
    await broker.pause();
    await proxy.block();
    await store.drop();
  });
});

describe('a broker with more to do than it wants', () => {
  const engines = gate();

  test('refuses new work with 429 and when to come back, but never a deletion', async () => {
    const broker = await startTestBroker({ wrapEngines: engines.wrap, limits: { queuedOperations: 2 } });
    const release = engines.hold('createDatabase');
    const ids = [newId(), newId(), newId()] as const;
    expect((await broker.api.provision(ids[0])).status).toBe(202);
    expect((await broker.api.provision(ids[1])).status).toBe(202);
    const refused = await broker.api.provision(ids[2]);
    expect([refused.status, refused.body.error]).toEqual([429, 'TooManyRequests']);
    expect(refused.header['retry-after']).toBeDefined();
    expect((await broker.api.deprovision(ids[2])).status).toBe(410);
    const deleted = await broker.api.deprovision(ids[0]);
    expect(deleted.status).toBe(202);
    release();
    await broker.api.endOf(ids[0], deleted);
    await broker.api.deprovisioned(ids[1]);
  });

  test('refuses requests beyond its limit with 429', async () => {
    const broker = await startTestBroker({ wrapEngines: engines.wrap, limits: { concurrentRequests: 1 } });
    const id = newId();
    await broker.api.provisioned(id);
    const release = engines.hold('createLogin');
    const waiting = broker.api.bind(id, newId());
    const refused = await eventually('a refusal', async () => {
      const answer = (await broker.api.send('get', '/v2/catalog')) as ApiAnswer;
      return answer.status === 429 ? answer : undefined;
    });
    expect(refused.header['retry-after']).toBe('1');
    release();
    expect((await waiting).status).toBe(201);
    await broker.api.deprovisioned(id);
  });
});
