import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../../support/wait.ts';
import { newId, SHORT_LEASES, startTestBroker, stopTestBrokers } from './support/broker.ts';
import type { TestBroker } from './support/broker.ts';
import { gate } from './support/gate.ts';
import { OsbApi } from './support/osb-api.ts';
import type { ApiAnswer } from './support/osb-api.ts';
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
  test('writes nothing and takes back what it makes, when the instance has been deleted meanwhile', async () => {
    const engines = gate();
    const sleeper = await startTestBroker({ sharedWith: owner, wrapEngines: engines.wrap });
    const id = newId();
    const release = engines.hold('createDatabase');
    const created = await sleeper.api.provision(id);
    const holder = async (): Promise<string | undefined> => {
      const [row] = await askStore<{ lease_holder: string | null }>(
        owner.store,
        'SELECT lease_holder FROM broker.operations WHERE id = $1',
        [created.body.operation],
      );
      return row?.lease_holder ?? undefined;
    };
    // It may have to try more than once: a broker answers before its servers are known to be well.
    const sleeping = await eventually('the sleeper begins', () => engines.isReached('createDatabase') && holder());

    const replica = await startReplica();
    await eventually('another worker takes the operation', async () => {
      // Its heartbeats go on, since only the effect sleeps: end the lease until the other is quicker.
      await askStore(owner.store, 'UPDATE broker.operations SET lease_until = now() WHERE lease_holder = $1', [
        sleeping,
      ]);
      return (await holder()) !== sleeping;
    });
    await replica.api.endOf(id, created);
    expect(await databasesOf('postgresql', id)).toHaveLength(1);
    await replica.api.endOf(id, await replica.api.deprovision(id));
    expect(await databasesOf('postgresql', id)).toEqual([]);

    release();
    // Stopping waits for what runs.
    await sleeper.stop();
    expect(await databasesOf('postgresql', id)).toEqual([]);
    expect((await replica.api.lastOperation(id)).body.description).toBe('the database has been deleted');
    await replica.stop();
  });
});
