import { afterEach, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { connectionSettings } from '../../../broker/store/database.ts';
import type { StoreDatabase } from '../../support/servers.ts';
import { eventually } from '../../support/wait.ts';
import { newId, SHORT_LEASES, startTestBroker, stopTestBrokers } from './support/broker.ts';
import type { TestBroker } from './support/broker.ts';
import { gate } from './support/gate.ts';
import { askStore } from './support/tenant-sql.ts';

jest.setTimeout(120_000);
afterEach(stopTestBrokers);

/** What hangs must hold up nothing but itself; the bound only ends a test that would hang with it. */
const HANGING = { timeoutMs: 12_000 };

/** A transaction of somebody who has stopped in the middle of it, with the row of this instance locked. */
async function frozenAt(store: StoreDatabase, instance: string): Promise<{ end: () => Promise<void> }> {
  const client = new pg.Client(connectionSettings(store));
  client.on('error', () => undefined);
  await client.connect();
  await client.query('SET idle_in_transaction_session_timeout = 0');
  await client.query('BEGIN');
  await client.query('SELECT FROM broker.instances WHERE id = $1 FOR NO KEY UPDATE', [instance]);
  return { end: () => client.end() };
}

/** An update of the instance to what it is already, in the queue or under the lease of a worker that has died. */
async function leftBehind(store: StoreDatabase, instance: string, leaseSeconds?: number): Promise<string> {
  const [operation] = await askStore<{ id: string }>(
    store,
    `INSERT INTO broker.operations (id, kind, instance_id, platform, cluster_id, namespace, server, target, description,
       give_up_at, attempts, lease_token, lease_holder, lease_until)
     SELECT gen_random_uuid(), 'update', id, platform, cluster_id, namespace, server,
       jsonb_build_object('planId', plan_id, 'given', given_parameters, 'effective',
         jsonb_build_object('version', version, 'storageGB', storage_gb), 'connectionLimit', connection_limit),
       'left behind', now() + interval '1 hour', 0, 0, CASE WHEN $2::float8 IS NOT NULL THEN 'who has died' END,
       now() + make_interval(secs => $2)
     FROM broker.instances WHERE id = $1 RETURNING id`,
    [instance, leaseSeconds ?? null],
  );
  return operation!.id;
}

async function hasSucceeded(broker: TestBroker, instance: string, operation: string): Promise<boolean> {
  return (await broker.api.lastOperation(instance, operation)).body.state === 'succeeded';
}

test('what a dead replica was at is done though new requests keep coming', async () => {
  const broker = await startTestBroker({
    timings: SHORT_LEASES,
    limits: { operationsPerServer: 2, asyncAfterMs: 10_000 },
  });
  const ids = Array.from({ length: 7 }, newId);
  for (const id of ids) await broker.api.provisioned(id);
  const [orphan, ...busy] = ids as [string, ...string[]];
  let isLoaded = true;
  const load = busy.map(async (id) => {
    while (isLoaded) {
      const binding = newId();
      await broker.api.bind(id, binding, { acceptsIncomplete: true });
      await broker.api.unbind(id, binding, { acceptsIncomplete: true });
    }
  });
  const operation = await leftBehind(broker.store, orphan, 1);
  try {
    await eventually('the end of the operation', () => hasSucceeded(broker, orphan, operation), HANGING);
  } finally {
    isLoaded = false;
    await Promise.all(load);
  }
  for (const id of ids) await broker.api.deprovisioned(id);
});

describe('a transaction that hangs with an instance locked', () => {
  test('holds up no other instance, and who asks for this one gets 503 and when to come back', async () => {
    const broker = await startTestBroker({ timings: SHORT_LEASES });
    const [locked, free] = [newId(), newId()];
    await broker.api.provisioned(locked);
    await broker.api.provisioned(free);
    const frozen = await frozenAt(broker.store, locked);
    const first = await leftBehind(broker.store, locked);
    const second = await leftBehind(broker.store, free);
    const refused = broker.api.update(locked, { plan: 'large' });
    try {
      await eventually('the end of the other operation', () => hasSucceeded(broker, free, second), HANGING);
      const answer = await refused;
      expect([answer.status, answer.body.error]).toEqual([503, 'Unavailable']);
      expect(answer.header['retry-after']).toBeDefined();
    } finally {
      await frozen.end();
    }
    await eventually('the end of the first operation', () => hasSucceeded(broker, locked, first));
    await broker.api.deprovisioned(locked);
    await broker.api.deprovisioned(free);
  });

  test('costs no worker its lease, however many requests wait for it', async () => {
    const engines = gate();
    const broker = await startTestBroker({ timings: SHORT_LEASES, wrapEngines: engines.wrap });
    const [locked, running] = [newId(), newId()];
    await broker.api.provisioned(locked);
    const release = engines.hold('createDatabase');
    const created = await broker.api.provision(running);
    await eventually('the effect', () => engines.isReached('createDatabase'));
    const frozen = await frozenAt(broker.store, locked);
    const waiting = Array.from({ length: 12 }, () => broker.api.bind(locked, newId()));
    const lease = async (): Promise<{ attempts: number; until: number }> =>
      (
        await askStore<{ attempts: number; until: number }>(
          broker.store,
          'SELECT attempts, extract(epoch FROM lease_until)::float8 AS until FROM broker.operations WHERE id = $1',
          [created.body.operation],
        )
      )[0]!;
    try {
      await eventually('ten requests hold every connection', async () => {
        const [blocked] = await askStore<{ count: number }>(
          broker.store,
          `SELECT count(*)::integer AS count FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return (blocked?.count ?? 0) >= 10;
      });
      const before = await lease();
      await eventually('the lease is kept', async () => (await lease()).until > before.until + 2, HANGING);
      expect((await lease()).attempts).toBe(before.attempts);
    } finally {
      await frozen.end();
      release();
    }
    await Promise.all(waiting);
    expect(await broker.api.endOf(running, created)).toMatchObject({ state: 'succeeded' });
    await broker.api.deprovisioned(running);
    await broker.api.deprovisioned(locked);
  });
});

test('what waits in line at a replica whose work hangs is done by another', async () => {
  const engines = gate();
  const limits = { operationsPerServer: 2 };
  const hanging = await startTestBroker({ wrapEngines: engines.wrap, limits, timings: SHORT_LEASES });
  const before = newId();
  await hanging.api.provisioned(before);
  const release = engines.hold('createDatabase');
  const hung = [newId(), newId()];
  const begun = [];
  for (const id of hung) begun.push(await hanging.api.provision(id));
  const inLine = Array.from({ length: 5 }, newId);
  for (const id of inLine) await hanging.api.provision(id);
  expect((await hanging.api.lastOperation(inLine[0]!)).body.description).toBe(
    'waiting to create the database on postgres-1',
  );
  const idle = await startTestBroker({ sharedWith: hanging, limits, timings: SHORT_LEASES });
  try {
    for (const id of inLine) {
      await eventually(
        'the end of what was in line',
        async () => (await idle.api.lastOperation(id)).body.state === 'succeeded',
        HANGING,
      );
    }
  } finally {
    release();
  }
  for (const [index, id] of hung.entries()) await hanging.api.endOf(id, begun[index]!);
  for (const id of [before, ...hung, ...inLine]) await idle.api.deprovisioned(id);
});

test('an operation that a bind has held up begins as soon as that ends, whether another place is left or not', async () => {
  const engines = gate();
  // So seldom that nothing is found by looking.
  const timings = { leaseMs: 600_000, heartbeatMs: 100_000, marginMs: 1_000, pollMs: 300_000 };
  const broker = await startTestBroker({ wrapEngines: engines.wrap, timings, limits: { operationsPerServer: 1 } });
  const id = newId();
  await broker.api.provisioned(id);
  const release = engines.hold('createLogin');
  const bound = await broker.api.bind(id, newId(), { acceptsIncomplete: true });
  await eventually('the effect', () => engines.isReached('createLogin'));
  const updated = await broker.api.update(id, { plan: 'large' });
  release();
  expect(await broker.api.endOf(id, updated)).toMatchObject({ state: 'succeeded' });
  expect(bound.status).toBe(202);
  await broker.api.deprovisioned(id);
});
