import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { checkEncryption } from '../../../broker/store/check-encryption.ts';
import { Cipher } from '../../../broker/store/cipher.ts';
import { connectionSettings, Database } from '../../../broker/store/database.ts';
import { migrate } from '../../../broker/store/migrate.ts';
import { lockInstance } from '../../../broker/store/instances.ts';
import {
  findOperation,
  forgetOldOperations,
  insertOperation,
  QUEUED_CHANNEL,
  queueLoad,
  supersedeOperations,
} from '../../../broker/store/operations.ts';
import type { Claim, InsertedOperation } from '../../../broker/store/operations.ts';
import {
  claimOperation,
  dropLease,
  extendLeases,
  postponeOperation,
  returnOperation,
} from '../../../broker/store/queue.ts';
import type { Heartbeat } from '../../../broker/store/queue.ts';
import type { OperationKind, OperationRecord } from '../../../broker/store/records.ts';
import { recordSuccess } from '../../../broker/store/success.ts';
import { silentLogger } from '../../../lib/runtime/log.ts';
import { createStoreDatabase } from '../../support/servers.ts';
import type { StoreDatabase } from '../../support/servers.ts';
import { newId } from './support/broker.ts';

jest.setTimeout(60_000);

let store: StoreDatabase;
let database: Database;
beforeAll(async () => {
  store = await createStoreDatabase();
  database = new Database(store, silentLogger());
});
afterAll(async () => {
  await database.close();
  await store.drop();
});

test('eight brokers that migrate at once apply each migration once', async () => {
  const brokers = Array.from({ length: 8 }, () => new Database(store, silentLogger(), 1));
  const applied = (await Promise.all(brokers.map((broker) => migrate(broker)))).flat();
  await Promise.all(brokers.map((broker) => broker.close()));
  const { rows } = await database.query<{ name: string }>('SELECT name FROM broker.migrations ORDER BY name');
  expect(applied.toSorted()).toEqual(rows.map(({ name }) => name));
  expect(await migrate(database)).toEqual([]);
});

test('a store of a newer version is refused with what to do', async () => {
  await database.query(`INSERT INTO broker.migrations (name) VALUES ('999999-of-the-future.sql')`);
  await expect(migrate(database)).rejects.toThrow(/999999-of-the-future.sql.*at least as new/);
  await database.query(`DELETE FROM broker.migrations WHERE name LIKE '999999%'`);
});

describe('encryption keys', () => {
  const key = (label: string): { label: string; key: Buffer } => ({ label, key: randomBytes(32) });
  const [old, fresh] = [key('old'), key('fresh')];

  test('may be added in front, and a label whose key was changed is refused', async () => {
    await checkEncryption(database, new Cipher([old]));
    await checkEncryption(database, new Cipher([fresh, old]));
    await expect(checkEncryption(database, new Cipher([key('old')]))).rejects.toThrow(/key "old" is not the one/);
  });

  test('that stored secrets need must be there', async () => {
    const instance = newId();
    await database.query(
      `INSERT INTO broker.instances VALUES ($1, 'p', '', '', 's', 'p', '{}', '18', 1, 1, 'x', $1, NULL, NULL, 'ready')`,
      [instance],
    );
    await database.query(
      `INSERT INTO broker.bindings (id, instance_id, access, username, password, state)
       VALUES ($1, $1, 'readwrite', 'u', $2, 'ready')`,
      [instance, new Cipher([old]).encrypt('secret', { table: 'bindings', row: instance, column: 'password' })],
    );
    await expect(checkEncryption(database, new Cipher([fresh]))).rejects.toThrow(/"old", which is not in the/);
    await database.query('DELETE FROM broker.instances WHERE id = $1', [instance]);
  });
});

describe('the queue', () => {
  /** Writes an operation as a request does: under the lock of its instance. */
  const insert = async (
    instanceId: string,
    kind: OperationKind,
    bindingId?: string,
    withClaim?: Claim,
  ): Promise<InsertedOperation> => {
    await database.query(
      `INSERT INTO broker.instances VALUES ($1, 'p', '', '', 's', 'p', '{}', '18', 1, 1, 'x', $1, NULL, NULL, 'ready')
       ON CONFLICT DO NOTHING`,
      [instanceId],
    );
    return database.transaction(async (tx) => {
      await lockInstance(tx, instanceId);
      return insertOperation(
        tx,
        {
          id: newId(),
          kind,
          instanceId,
          bindingId,
          scope: { platform: 'p', clusterId: 'c', namespace: 'n' },
          server: 'server-1',
          giveUpAfterSeconds: 60,
        },
        withClaim,
      );
    });
  };
  const queue = async (instanceId: string, kind: OperationKind, bindingId?: string): Promise<OperationRecord> =>
    (await insert(instanceId, kind, bindingId)).operation;
  const claim = async (
    busy: string[] = [],
    leaseSeconds = 60,
    except: string[] = [],
  ): Promise<OperationRecord | undefined> => {
    const result = await claimOperation(database, { holder: 'tester', leaseSeconds }, busy, except);
    return result.kind === 'claimed' ? result.operation : undefined;
  };
  const leaseOf = ({ id, leaseToken, description }: OperationRecord): Heartbeat => ({
    operationId: id,
    token: leaseToken,
    description,
  });
  const finish = (operation: OperationRecord): Promise<boolean> =>
    recordSuccess(database, leaseOf(operation), operation, { kind: 'bind' }, { description: 'done', announce: false });

  const ownClaim = { holder: 'its own process', leaseSeconds: 60 };

  test('gives each operation to one of many workers', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, async () => (await queue(newId(), 'provision')).id));
    const claimed = (await Promise.all(Array.from({ length: 12 }, () => claim()))).filter((one) => one !== undefined);
    expect(claimed.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    await Promise.all(claimed.map(finish));
  });

  test('gives nothing on a busy server, and says that something waits there', async () => {
    const ask = (busy: string[]): Promise<unknown> =>
      claimOperation(database, { holder: 'tester', leaseSeconds: 60 }, busy);
    expect(await ask(['server-1'])).toEqual({ kind: 'nothing' });
    await queue(newId(), 'provision');
    expect(await ask(['server-1'])).toEqual({ kind: 'behind' });
    await finish((await claim())!);
  });

  test('gives nobody what he is still at, also when the lease has run out', async () => {
    await queue(newId(), 'provision');
    const first = (await claim([], 0))!;
    expect(await claim([], 60, [first.id])).toBeUndefined();
    await finish((await claim())!);
  });

  test('writes no result under a lease that has run out: another operation may have been done meanwhile', async () => {
    const instance = newId();
    await queue(instance, 'bind', newId());
    const bind = (await claim([], 0))!;
    await insert(instance, 'update', undefined, ownClaim).then(({ operation }) => finish(operation));
    expect(await finish(bind)).toBe(false);
    const again = (await claim())!;
    expect(again.id).toBe(bind.id);
    expect(await finish(again)).toBe(true);
  });

  test('passes over an instance that somebody has locked, for another', async () => {
    const [locked, free] = [
      (await queue(newId(), 'provision')).instanceId,
      (await queue(newId(), 'provision')).instanceId,
    ];
    await database.transaction(async (tx) => {
      await lockInstance(tx, locked);
      const claimed = (await claim())!;
      expect(claimed.instanceId).toBe(free);
      expect(await claimOperation(database, ownClaim, [])).toEqual({ kind: 'locked' });
      await finish(claimed);
    });
    await finish((await claim())!);
  });

  test('keeps the other leases when the row of one is locked, and does not take that one for lost', async () => {
    await queue(newId(), 'provision');
    await queue(newId(), 'provision');
    const [first, second] = [(await claim())!, (await claim())!];
    await database.transaction(async (tx) => {
      await supersedeOperations(tx, first.instanceId, undefined, 'replaced');
      const results = await extendLeases(database, [leaseOf(first), leaseOf(second)], 60);
      expect(results.toSorted((a, b) => Number(a.extended) - Number(b.extended))).toEqual([
        { operationId: first.id, extended: false, wanted: true },
        { operationId: second.id, extended: true, wanted: true },
      ]);
    });
    await dropLease(database, leaseOf(first));
    await finish(second);
  });

  test('takes back what has not been tried as it came: first in the queue, without an attempt, waiting', async () => {
    const { operation } = await insert(newId(), 'provision', undefined, { ...ownClaim, inLine: true });
    expect(operation.description).toBe('waiting to create the database on server-1');
    const later = await queue(newId(), 'provision');
    const listener = new pg.Client(connectionSettings(store));
    await listener.connect();
    const told = once(listener, 'notification');
    await listener.query(`LISTEN ${QUEUED_CHANNEL}`);
    await returnOperation(database, leaseOf(operation), operation);
    await told;
    await listener.end();
    expect(await findOperation(database, operation.id)).toMatchObject({
      attempts: 0,
      description: 'waiting to create the database on server-1',
    });
    const [first, second] = [(await claim())!, (await claim())!];
    expect([first.id, second.id]).toEqual([operation.id, later.id]);
    await finish(first);
    await finish(second);
  });

  test('revives no lease that ran out', async () => {
    await queue(newId(), 'provision');
    const first = (await claim([], 0))!;
    expect(await extendLeases(database, [leaseOf(first)], 60)).toEqual([]);
    expect((await claim())?.id).toBe(first.id);
    await finish({ ...first, leaseToken: first.leaseToken + 1 });
  });

  test('lets bindings of an instance go together, and the instance itself alone', async () => {
    const instance = newId();
    await queue(instance, 'bind', newId());
    await queue(instance, 'bind', newId());
    await queue(instance, 'update');
    const first = (await claim())!;
    const second = (await claim())!;
    expect([first.kind, second.kind]).toEqual(['bind', 'bind']);
    expect(await claim()).toBeUndefined();
    await finish(first);
    expect(await claim()).toBeUndefined();
    await finish(second);
    const update = (await claim())!;
    expect(update.kind).toBe('update');
    await queue(instance, 'bind', newId());
    expect(await claim()).toBeUndefined();
    await finish(update);
    await finish((await claim())!);
  });

  test('takes one operation at a time on an instance', async () => {
    const instance = newId();
    const operation = await queue(instance, 'provision');
    await expect(queue(instance, 'update')).rejects.toThrow(/operations_one_at_a_time/);
    await finish((await claim())!);
    expect((await findOperation(database, operation.id))?.state).toBe('succeeded');
  });

  test('gives an operation whose lease ran out to another, and the first can write nothing any more', async () => {
    await queue(newId(), 'provision');
    const first = (await claim([], 0))!;
    const second = (await claim())!;
    expect(second.id).toBe(first.id);
    expect(second.attempts).toBe(2);
    expect(await extendLeases(database, [leaseOf(first)], 60)).toEqual([]);
    await postponeOperation(database, leaseOf(first), { delayMs: 60_000, description: 'still me' });
    expect(await finish(first)).toBe(false);
    expect((await findOperation(database, first.id))?.description).toBe('creating the database on server-1');
    expect(await finish(second)).toBe(true);
  });

  test('says what an operation waits for, and what is done once a worker has it', async () => {
    const { description, id } = await queue(newId(), 'provision');
    expect(description).toBe('waiting to create the database on server-1');
    const claimed = (await claim())!;
    expect(claimed.description).toBe('creating the database on server-1');
    expect((await findOperation(database, id))?.description).toBe(claimed.description);
    await finish(claimed);
  });

  test('says that a server is behind when a worker could claim something there, and only then', async () => {
    const behind = async (): Promise<readonly string[]> => (await queueLoad(database)).behind;
    expect(await behind()).toEqual([]);
    await queue(newId(), 'provision');
    expect(await behind()).toEqual(['server-1']);
    const alive = (await claim())!;
    expect(await behind()).toEqual([]);
    // What is due, but waits for the worker that is at the instance.
    await supersedeOperations(database, alive.instanceId, undefined, 'replaced');
    await queue(alive.instanceId, 'deprovision');
    expect(await behind()).toEqual([]);
    await dropLease(database, leaseOf(alive));
    // Its worker has died.
    const dead = (await claim([], 0))!;
    expect(await behind()).toEqual(['server-1']);
    await finish((await claim())!);
    expect((await findOperation(database, dead.id))?.state).toBe('succeeded');
  });

  test('holds an operation that is born leased for its worker, which another takes over when the lease runs out', async () => {
    const { operation, claimed } = await insert(newId(), 'provision', undefined, ownClaim);
    expect(claimed).toBe(true);
    expect(operation.attempts).toBe(1);
    expect(await claim()).toBeUndefined();
    expect(await extendLeases(database, [leaseOf(operation)], 0)).toHaveLength(1);
    const taken = (await claim())!;
    expect(taken.id).toBe(operation.id);
    expect(await finish(operation)).toBe(false);
    expect(await finish(taken)).toBe(true);
  });

  test('leases none at birth that would get in the way of what another worker is doing', async () => {
    const instance = newId();
    const [first, second] = [newId(), newId()];
    const bind = await insert(instance, 'bind', first, ownClaim);
    const beside = await insert(instance, 'bind', second, ownClaim);
    const update = await insert(instance, 'update', undefined, ownClaim);
    expect([bind.claimed, beside.claimed, update.claimed]).toEqual([true, true, false]);
    expect(await claim()).toBeUndefined();
    await supersedeOperations(database, instance, first, 'replaced');
    const unbind = await insert(instance, 'unbind', first, ownClaim);
    expect(unbind.claimed).toBe(false);
    await dropLease(database, leaseOf(bind.operation));
    await finish(beside.operation);
    const left = [(await claim())!, await claim()];
    expect(left[0]?.kind).toBe('update');
    expect(left[1]).toBeUndefined();
    await finish(left[0]!);
    await finish((await claim())!);
  });

  test('never has two workers at one instance, when requests and workers claim at the same time', async () => {
    const instances = Array.from({ length: 4 }, () => newId());
    let overlaps = 0;
    const lookFor = async (instance: string): Promise<void> => {
      const { rows } = await database.query<{ count: number }>(
        `SELECT count(*)::integer AS count FROM broker.operations WHERE instance_id = $1 AND lease_until > now()
           AND EXISTS (SELECT FROM broker.operations whole
                       WHERE whole.instance_id = $1 AND whole.binding_id IS NULL AND whole.lease_until > now())`,
        [instance],
      );
      if ((rows[0]?.count ?? 0) > 1) overlaps += 1;
    };
    const work = async (operation: OperationRecord): Promise<void> => {
      await lookFor(operation.instanceId);
      await finish(operation);
    };
    const rounds = Array.from({ length: 12 }, (_, round) => round);
    await Promise.all(
      instances.map(async (instance) => {
        for (const round of rounds) {
          const written = await Promise.all([
            insert(instance, 'update', undefined, round % 2 === 0 ? ownClaim : undefined),
            insert(instance, 'bind', newId(), ownClaim),
            insert(instance, 'bind', newId(), ownClaim),
          ]);
          await Promise.all(written.filter(({ claimed }) => claimed).map(({ operation }) => work(operation)));
          for (;;) {
            const { rows } = await database.query(
              `SELECT FROM broker.operations WHERE instance_id = $1 AND state = 'in progress'`,
              [instance],
            );
            if (rows.length === 0) break;
            const claimed = await claim();
            if (claimed !== undefined) await work(claimed);
          }
        }
      }),
    );
    expect(overlaps).toBe(0);
  });

  test('makes a deletion wait for the worker at what it replaced', async () => {
    const instance = newId();
    await queue(instance, 'provision');
    const provision = (await claim())!;
    await supersedeOperations(database, instance, undefined, 'replaced');
    await queue(instance, 'deprovision');
    expect(await claim()).toBeUndefined();
    expect(await extendLeases(database, [leaseOf(provision)], 0)).toEqual([
      { operationId: provision.id, extended: true, wanted: false },
    ]);
    const deprovision = (await claim())!;
    expect(deprovision.kind).toBe('deprovision');
    expect(await finish(provision)).toBe(false);
    await finish(deprovision);
  });

  test('forgets what ended long ago, but not the latest operation of what is there', async () => {
    const [gone, there, bindingGone, bindingThere] = [newId(), newId(), newId(), newId()];
    await database.query(
      `INSERT INTO broker.instances VALUES ($1, 'p', '', '', 's', 'p', '{}', '18', 1, 1, 'x', $1, NULL, NULL, 'ready')`,
      [there],
    );
    await database.query(
      `INSERT INTO broker.bindings (id, instance_id, access, username, password, state)
       VALUES ($1, $2, 'readwrite', 'u', '', 'ready')`,
      [bindingThere, there],
    );
    const finished = [];
    for (const [instance, binding] of [
      [gone],
      [there],
      [there],
      [there, bindingGone],
      [there, bindingThere],
      [there, bindingThere],
    ] as const) {
      finished.push(await queue(instance, binding === undefined ? 'provision' : 'bind', binding));
      await finish((await claim())!);
    }
    await database.query('DELETE FROM broker.instances WHERE id = $1', [gone]);
    await database.query(`UPDATE broker.operations SET finished_at = now() - interval '8 days'`);
    await forgetOldOperations(database, 7, { atOnce: 1 });
    const left = await Promise.all(finished.map(({ id }) => findOperation(database, id)));
    expect(left.map((operation) => operation !== undefined)).toEqual([false, false, true, false, false, true]);
  });
});
