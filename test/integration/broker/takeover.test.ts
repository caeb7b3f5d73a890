import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createStoreDatabase } from '../../support/servers.ts';
import { eventually } from '../../support/wait.ts';
import { newId, SHORT_LEASES, startTestBroker, stopTestBrokers } from './support/broker.ts';
import type { TestBroker } from './support/broker.ts';
import { gate } from './support/gate.ts';
import { OsbApi } from './support/osb-api.ts';
import type { ApiAnswer } from './support/osb-api.ts';
import { tcpProxy } from './support/tcp-proxy.ts';
import { asBinding, askStore, databasesOf, hasLogin } from './support/tenant-sql.ts';

jest.setTimeout(60_000);

/** Owns the store that the others share; it does no work itself. */
let owner: TestBroker;
beforeAll(async () => {
  owner = await startTestBroker();
  await owner.pause();
});
afterAll(stopTestBrokers);

const startReplica = (): Promise<TestBroker> => startTestBroker({ sharedWith: owner, timings: SHORT_LEASES });

/** Sends the request to a broker process that kills itself at that point, and starts a replica after its death. */
async function killedAt(dieAt: string, request: (api: OsbApi) => Promise<ApiAnswer>): Promise<TestBroker> {
  const keys = owner.config.encryption.keys.map(({ label, key }) => ({ label, key: key.toString('base64') }));
  const child = spawn(process.execPath, [fileURLToPath(new URL('./support/dying-broker.ts', import.meta.url))], {
    env: {
      ...process.env,
      BROKER_CONFIG: JSON.stringify({ ...owner.config, encryption: { keys } }),
      BROKER_TIMINGS: JSON.stringify(SHORT_LEASES),
      DIE_AT: dieAt,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  let url = '';
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line) as { msg: string; url?: string; server?: string };
    url = entry.url ?? url;
    if (entry.msg === 'server ready' && entry.server === 'postgres-1') break;
  }
  child.stdout.resume();
  // The answer may be cut off by the end of the process.
  await request(new OsbApi(url, 'catalog', 'catalog-password')).catch(() => undefined);
  expect((await exited)[1]).toBe('SIGKILL');
  return startReplica();
}

/** The latest operation, once it has ended. */
async function ended(replica: TestBroker, id: string, bindingId?: string): Promise<string> {
  return eventually('the end of the operation', async () => {
    const { state } = (await replica.api.lastOperation(id, undefined, bindingId)).body;
    return state === 'in progress' ? undefined : state;
  });
}

describe.each(['before', 'after'])('when a broker is killed %s its effect on the server, a replica', (when) => {
  const id = newId();
  const binding = newId();
  let username = '';

  test('finishes the provision, with one database', async () => {
    const replica = await killedAt(`${when}:createDatabase`, (api) => api.provision(id));
    expect(await ended(replica, id)).toBe('succeeded');
    expect(await databasesOf('postgresql', id)).toHaveLength(1);
    await replica.stop();
  });

  test('finishes the bind, and its credentials work', async () => {
    const replica = await killedAt(`${when}:createLogin`, (api) => api.bind(id, binding, { acceptsIncomplete: true }));
    expect(await ended(replica, id, binding)).toBe('succeeded');
    const { credentials } = (await replica.api.fetchBinding(id, binding)).body;
    await asBinding(credentials!, 'SELECT 1');
    username = credentials!.username;
    await replica.stop();
  });

  test('finishes the unbind, and no login is left', async () => {
    const replica = await killedAt(`${when}:dropLogin`, (api) => api.unbind(id, binding, { acceptsIncomplete: true }));
    expect(await ended(replica, id, binding)).toBe('succeeded');
    expect(await hasLogin('postgresql', username)).toBe(false);
    await replica.stop();
  });

  test('finishes the deprovision, and no database is left', async () => {
    const replica = await killedAt(`${when}:dropDatabase`, (api) => api.deprovision(id));
    expect(await ended(replica, id)).toBe('succeeded');
    expect(await databasesOf('postgresql', id)).toEqual([]);
    await replica.stop();
  });
});

describe('a worker that slept through its lease', () => {
  /** Calls of this method sleep in one broker; everything else of the test is done by the other, the replica. */
  async function whileAsleep(
    method: Parameters<ReturnType<typeof gate>['hold']>[0],
    begin: (api: OsbApi) => Promise<ApiAnswer>,
    meanwhile: (replica: TestBroker, begun: ApiAnswer) => Promise<void>,
  ): Promise<void> {
    const engines = gate();
    // Busy with one, so that it takes nothing else.
    const sleeper = await startTestBroker({
      sharedWith: owner,
      wrapEngines: engines.wrap,
      limits: { operationsPerServer: 1 },
    });
    const release = engines.hold(method);
    const begun = await begin(sleeper.api);
    // It may have to try more than once: a broker answers before its servers are known to be well.
    await eventually('the sleeper begins', () => engines.isReached(method));
    await askStore(owner.store, 'UPDATE broker.operations SET lease_until = now() WHERE id = $1', [
      begun.body.operation,
    ]);
    const replica = await startReplica();
    await meanwhile(replica, begun);
    release();
    // Stopping waits for what runs.
    await sleeper.stop();
    await replica.stop();
  }

  test('takes back the database it makes, when the instance has been deleted meanwhile', async () => {
    const id = newId();
    await whileAsleep(
      'createDatabase',
      (api) => api.provision(id),
      async (replica, created) => {
        await replica.api.endOf(id, created);
        expect(await databasesOf('postgresql', id)).toHaveLength(1);
        await replica.api.deprovisioned(id);
      },
    );
    expect(await databasesOf('postgresql', id)).toEqual([]);
    const [latest] = await askStore(
      owner.store,
      'SELECT description FROM broker.operations WHERE instance_id = $1 ORDER BY sequence DESC LIMIT 1',
      [id],
    );
    expect(latest).toEqual({ description: 'the database has been deleted' });
  });

  test('takes back its own database alone, when the id has been deleted and provisioned again meanwhile', async () => {
    const id = newId();
    let again: string[] = [];
    await whileAsleep(
      'createDatabase',
      (api) => api.provision(id),
      async (replica, created) => {
        await replica.api.endOf(id, created);
        await replica.api.deprovisioned(id);
        await replica.api.provisioned(id);
        again = await databasesOf('postgresql', id);
      },
    );
    expect(again).toHaveLength(1);
    expect(await databasesOf('postgresql', id)).toEqual(again);
    const replica = await startReplica();
    await replica.api.deprovisioned(id);
    expect(await databasesOf('postgresql', id)).toEqual([]);
    await replica.stop();
  });

  test('takes back its own login and limit alone, when others have been asked for meanwhile', async () => {
    const [id, binding] = [newId(), newId()];
    const first = await startReplica();
    await first.api.provisioned(id);
    await first.stop();
    let usernames: string[] = [];
    await whileAsleep(
      'createLogin',
      (api) => api.bind(id, binding, { acceptsIncomplete: true }),
      async (replica, bound) => {
        await replica.api.endOf(id, bound, binding);
        const before = (await replica.api.fetchBinding(id, binding)).body.credentials!;
        await replica.api.unbind(id, binding);
        const after = await replica.api.credentials(id, binding);
        usernames = [before.username, after.username];
        await asBinding(after, 'SELECT 1');
      },
    );
    expect(await Promise.all(usernames.map((username) => hasLogin('postgresql', username)))).toEqual([false, true]);

    const limitOf = async (replica: TestBroker): Promise<unknown> => {
      const { credentials } = (await replica.api.fetchBinding(id, binding)).body;
      return asBinding(credentials!, 'SELECT datconnlimit FROM pg_database WHERE datname = current_database()');
    };
    let limit: unknown;
    await whileAsleep(
      'setConnectionLimit',
      (api) => api.update(id, { plan: 'large' }),
      async (replica, updated) => {
        await replica.api.endOf(id, updated);
        const large = await limitOf(replica);
        await replica.api.endOf(id, await replica.api.update(id, { plan: 'small' }));
        limit = await limitOf(replica);
        expect(limit).not.toEqual(large);
      },
    );
    const last = await startReplica();
    expect(await limitOf(last)).toEqual(limit);
    await last.api.deprovisioned(id);
    await last.stop();
  });
});

test('an effect that outlives its lease, because the store was away, is let end before it is done again', async () => {
  const engines = gate();
  const store = await createStoreDatabase();
  const through = new URL(store.url);
  const proxy = await tcpProxy(Number(through.port));
  await proxy.open();
  through.port = String(proxy.port);
  const broker = await startTestBroker({
    store: { ...store, url: through.href },
    wrapEngines: engines.wrap,
    timings: SHORT_LEASES,
  });
  const [first, second] = [newId(), newId()];
  const release = engines.hold('createDatabase');
  const created = await broker.api.provision(first);
  await eventually('the effect', () => engines.isReached('createDatabase'));
  const state = async ({ body }: ApiAnswer): Promise<{ attempts: number; leased: boolean } | undefined> =>
    (
      await askStore<{ attempts: number; leased: boolean }>(
        store,
        'SELECT attempts, lease_until > now() AS leased FROM broker.operations WHERE id = $1',
        [body.operation],
      )
    )[0];
  const { attempts } = (await state(created))!;

  await proxy.block();
  await eventually('the lease runs out', async () => (await state(created))?.leased === false);
  await proxy.open();
  // What was due before would have been taken before.
  const later = await eventually('the store is back', async () => {
    const answer = await broker.api.provision(second);
    return answer.status === 202 && answer;
  });
  await eventually('the worker takes something', async () => (await state(later))?.leased);
  expect((await state(created))?.attempts).toBe(attempts);

  release();
  expect((await broker.api.endOf(first, created)).state).toBe('succeeded');
  expect((await broker.api.endOf(second, later)).state).toBe('succeeded');
  expect((await state(created))?.attempts).toBe(attempts + 1);
  await broker.api.deprovisioned(first);
  await broker.api.deprovisioned(second);
  await broker.pause();
  await proxy.block();
  await store.drop();
});
