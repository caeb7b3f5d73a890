import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { beginBindAtOnce } from '../../../broker/store/begin-bind.ts';
import type { NewBind } from '../../../broker/store/begin-bind.ts';
import { findBinding } from '../../../broker/store/bindings.ts';
import { Database } from '../../../broker/store/database.ts';
import { lockInstance, setInstanceState } from '../../../broker/store/instances.ts';
import { migrate } from '../../../broker/store/migrate.ts';
import { findOperation, insertOperation, supersedeOperations } from '../../../broker/store/operations.ts';
import type { Claim, InsertedOperation } from '../../../broker/store/operations.ts';
import { claimOperation, extendLeases } from '../../../broker/store/queue.ts';
import type { NewOperation, OperationRecord } from '../../../broker/store/records.ts';
import { recordSuccess } from '../../../broker/store/success.ts';
import { silentLogger } from '../../../lib/runtime/log.ts';
import { eventually } from '../../support/wait.ts';
import { createStoreDatabase } from '../../support/servers.ts';
import type { StoreDatabase } from '../../support/servers.ts';
import { newId } from './support/broker.ts';

jest.setTimeout(60_000);

let store: StoreDatabase;
let database: Database;
beforeAll(async () => {
  store = await createStoreDatabase();
  database = new Database(store, silentLogger());
  await migrate(database);
});
afterAll(async () => {
  await database.close();
  await store.drop();
});

const CLAIM: Claim = { holder: 'its own process', leaseSeconds: 60 };

async function newInstance(server: string): Promise<string> {
  const id = newId();
  await database.query(
    `INSERT INTO broker.instances VALUES ($1, 'p', 'c', 'n', 's', 'plan', '{}', '18', 1, 1, $2, $1, NULL, NULL, 'ready')`,
    [id, server],
  );
  return id;
}

/** A bind that nothing stands in the way of. */
function bindOf(instanceId: string, server: string): NewBind {
  return {
    binding: {
      id: newId(),
      instanceId,
      access: 'readwrite',
      appGuid: undefined,
      username: 'u',
      encryptedPassword: 'e',
    },
    scope: { platform: 'p', place: { clusterId: 'c', namespace: 'n' } },
    serviceId: 's',
    planId: 'plan',
    operation: { id: newId(), giveUpAfterSeconds: 60 },
    claims: [
      { ...CLAIM, server: 'another', inLine: true },
      { ...CLAIM, server },
    ],
    queuedOperations: 1_000,
  };
}

const insert = (
  instanceId: string,
  server: string,
  work: Pick<NewOperation, 'kind' | 'bindingId'>,
  claim?: Claim,
): Promise<InsertedOperation> =>
  database.transaction(async (tx) => {
    await lockInstance(tx, instanceId);
    const scope = { platform: 'p', clusterId: 'c', namespace: 'n' };
    return insertOperation(tx, { id: newId(), instanceId, scope, server, giveUpAfterSeconds: 60, ...work }, claim);
  });

async function expectNothing(bind: NewBind): Promise<void> {
  const before = await findBinding(database, bind.binding.id);
  expect(await beginBindAtOnce(database, bind)).toBeUndefined();
  expect(await findOperation(database, bind.operation.id)).toBeUndefined();
  expect(await findBinding(database, bind.binding.id)).toEqual(before);
}

describe('a bind that nothing stands in the way of', () => {
  test('is written with its operation, leased to the worker of its process', async () => {
    const server = newId();
    const instance = await newInstance(server);
    const bind = bindOf(instance, server);
    const begun = await beginBindAtOnce(database, bind);
    expect(begun?.instance).toMatchObject({ id: instance, server, state: 'ready' });
    expect(begun?.operation).toEqual(await findOperation(database, bind.operation.id));
    expect(begun?.operation.description).toBe(`creating the login on ${server}`);
    expect(await findBinding(database, bind.binding.id)).toEqual({ ...bind.binding, state: 'creating' });
    const { operation } = begun!;
    const lease = { operationId: operation.id, token: operation.leaseToken, description: '' };
    expect(await extendLeases(database, [lease], 60)).toHaveLength(1);
    const said = { description: 'done', announce: false };
    expect(await recordSuccess(database, lease, operation, { kind: 'bind' }, said)).toBe(true);
  });

  test('of a platform without clusters is compared by its platform alone', async () => {
    const server = newId();
    const bind = { ...bindOf(await newInstance(server), server), scope: { platform: 'p' } };
    expect(await beginBindAtOnce(database, bind)).toBeDefined();
  });

  test('goes beside the bind of another binding', async () => {
    const server = newId();
    const instance = await newInstance(server);
    expect(await beginBindAtOnce(database, bindOf(instance, server))).toBeDefined();
    expect(await beginBindAtOnce(database, bindOf(instance, server))).toBeDefined();
  });
});

describe('nothing is written', () => {
  test.each<[string, (bind: NewBind) => NewBind]>([
    ['for another platform', (bind) => ({ ...bind, scope: { platform: 'q' } })],
    [
      'for another cluster',
      (bind) => ({ ...bind, scope: { platform: 'p', place: { clusterId: 'd', namespace: 'n' } } }),
    ],
    [
      'for another namespace',
      (bind) => ({ ...bind, scope: { platform: 'p', place: { clusterId: 'c', namespace: 'm' } } }),
    ],
    ['for another service', (bind) => ({ ...bind, serviceId: 'other' })],
    ['for another plan', (bind) => ({ ...bind, planId: 'other' })],
    ['for an instance that is unknown', (bind) => ({ ...bind, binding: { ...bind.binding, instanceId: newId() } })],
    ['without a claim for its server', (bind) => ({ ...bind, claims: bind.claims.slice(0, 1) })],
    ['without any claim', (bind) => ({ ...bind, claims: [] })],
    ['while the queue is full', (bind) => ({ ...bind, queuedOperations: 0 })],
  ])('%s', async (_name, change) => {
    const server = newId();
    await expectNothing(change(bindOf(await newInstance(server), server)));
  });

  test.each(['creating', 'create-failed', 'deleting', 'delete-failed'] as const)(
    'while the instance is %s',
    async (state) => {
      const server = newId();
      const instance = await newInstance(server);
      await setInstanceState(database, instance, state);
      await expectNothing(bindOf(instance, server));
    },
  );

  test('when the id is taken, here or at another instance', async () => {
    const server = newId();
    const [instance, other] = [await newInstance(server), await newInstance(server)];
    const first = bindOf(instance, server);
    await beginBindAtOnce(database, first);
    await expectNothing({ ...bindOf(instance, server), binding: first.binding });
    await expectNothing({ ...bindOf(other, server), binding: { ...first.binding, instanceId: other } });
  });

  test('while an update is at the instance, and while somebody is still at what this binding was', async () => {
    const server = newId();
    const [updated, unbound] = [await newInstance(server), await newInstance(server)];
    await insert(updated, server, { kind: 'update' }, CLAIM);
    await expectNothing(bindOf(updated, server));
    const bind = bindOf(unbound, server);
    await insert(unbound, server, { kind: 'bind', bindingId: bind.binding.id }, CLAIM);
    await supersedeOperations(database, unbound, bind.binding.id, 'ended');
    await expectNothing(bind);
  });

  test('while something that a worker could claim waits for the server', async () => {
    const server = newId();
    const [instance, other] = [await newInstance(server), await newInstance(server)];
    await insert(other, server, { kind: 'update' });
    await expectNothing(bindOf(instance, server));
  });
});

/** Resolves when a statement waits for a lock. */
const untilWaiting = (): Promise<unknown> =>
  eventually('somebody waits for a lock', async () => {
    const { rows } = await database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  });

describe('a bind that has waited for the lock of the instance', () => {
  const scope = { platform: 'p', clusterId: 'c', namespace: 'n' };

  test('does not overlook the update that a request has begun meanwhile', async () => {
    const server = newId();
    const instance = await newInstance(server);
    const bind = bindOf(instance, server);
    const waiting = await database.transaction(async (tx) => {
      await lockInstance(tx, instance);
      const begun = beginBindAtOnce(database, bind);
      await untilWaiting();
      const update = { id: newId(), kind: 'update' as const, instanceId: instance, scope, server };
      await insertOperation(tx, { ...update, giveUpAfterSeconds: 60 }, CLAIM);
      return { begun };
    });
    expect(await waiting.begun).toBeUndefined();
    expect(await findBinding(database, bind.binding.id)).toBeUndefined();
  });

  test('is written when whoever had it has left the instance alone', async () => {
    const server = newId();
    const instance = await newInstance(server);
    const waiting = await database.transaction(async (tx) => {
      await lockInstance(tx, instance);
      const begun = beginBindAtOnce(database, bindOf(instance, server));
      await untilWaiting();
      return { begun };
    });
    expect(await waiting.begun).toBeDefined();
  });
});

test('a worker that claims an update makes a new version of the row of its instance', async () => {
  const server = newId();
  const instance = await newInstance(server);
  const version = async (): Promise<unknown> =>
    (await database.query('SELECT ctid::text FROM broker.instances WHERE id = $1', [instance])).rows;
  await insert(instance, server, { kind: 'update' });
  const before = await version();
  const claimed: OperationRecord[] = [];
  for (;;) {
    const result = await claimOperation(database, CLAIM, []);
    if (result.kind !== 'claimed') break;
    claimed.push(result.operation);
  }
  expect(claimed.map(({ instanceId }) => instanceId)).toContain(instance);
  expect(await version()).not.toEqual(before);
});
