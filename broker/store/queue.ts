import type { Database, Queryable } from './database.ts';
import type { OperationRow } from './operations.ts';
import { ENDED_CHANNEL, QUEUED_CHANNEL, toOperation } from './operations.ts';
import type { OperationRecord } from './records.ts';

/**
 * The operations table as a queue, for workers.
 *
 * A row in progress is **waiting** (no lease, `run_after` in the future), **due** (no lease, `run_after` past) or
 * **leased** (`lease_until` in the future). A worker claims a due row, which takes the next lease token, and keeps the
 * lease by heartbeats. A worker that dies lets its lease run out: the row is due again. Whatever a worker writes
 * carries its token, so a worker that was replaced writes nothing. All times are the store's clock.
 */

/** Any constant; every broker of this product takes the same lock. */
const CLAIM_LOCK = 7_201_902;

/** A worker's right to work on an operation. */
export interface Lease {
  readonly operationId: string;
  readonly token: number;
}

/**
 * Claims the operation that has been due longest, if there is one on a server not in `busyServers`. Never one that
 * could get in the way of what another worker is doing: an operation on an instance excludes every other on it,
 * operations on different bindings of one instance go together. Nor one in `except`: those a worker is still at although
 * it has lost their leases.
 */
export async function claimOperation(
  database: Database,
  holder: string,
  leaseSeconds: number,
  busyServers: readonly string[],
  except: readonly string[] = [],
): Promise<OperationRecord | undefined> {
  return database.transaction(async (tx) => {
    // "Nobody else is at this instance" must still be true when the lease is written; claims take turns for that.
    await tx.query('SELECT pg_advisory_xact_lock($1)', [CLAIM_LOCK]);
    const { rows } = await tx.query<OperationRow>(
      `UPDATE broker.operations SET lease_holder = $1, lease_token = lease_token + 1, attempts = attempts + 1,
         lease_until = now() + make_interval(secs => $2)
       WHERE id = (
         SELECT due.id FROM broker.operations due
         WHERE due.state = 'in progress' AND due.run_after <= now()
           AND (due.lease_until IS NULL OR due.lease_until <= now())
           AND due.server <> ALL ($3) AND due.id <> ALL ($4::uuid[])
           AND NOT EXISTS (
             SELECT FROM broker.operations other
             WHERE other.instance_id = due.instance_id AND other.id <> due.id AND other.lease_until > now()
               AND (other.binding_id IS NULL OR due.binding_id IS NULL OR other.binding_id = due.binding_id))
         ORDER BY due.run_after, due.sequence LIMIT 1
         FOR UPDATE SKIP LOCKED)
       RETURNING *`,
      [holder, leaseSeconds, busyServers, except],
    );
    return rows[0] && toOperation(rows[0]);
  });
}

/** What became of a lease at a heartbeat. */
export interface HeartbeatResult {
  readonly operationId: string;
  /** False when somebody has ended the operation meanwhile; the lease is kept, so that nobody else begins yet. */
  readonly wanted: boolean;
}

/**
 * Extends these leases. A lease that is missing in the result is lost. One that ran out stays so: another operation on
 * the instance may have been claimed since.
 */
export async function extendLeases(
  db: Queryable,
  leases: readonly Lease[],
  leaseSeconds: number,
): Promise<HeartbeatResult[]> {
  const { rows } = await db.query<{ id: string; wanted: boolean }>(
    `UPDATE broker.operations SET lease_until = now() + make_interval(secs => $3)
     FROM unnest($1::uuid[], $2::integer[]) AS held (operation_id, token)
     WHERE id = held.operation_id AND lease_token = held.token AND lease_until > now()
     RETURNING id, state = 'in progress' AS wanted`,
    [leases.map(({ operationId }) => operationId), leases.map(({ token }) => token), leaseSeconds],
  );
  return rows.map(({ id, wanted }) => ({ operationId: id, wanted }));
}

/** Whether this worker's result would still be written. */
export async function mayFinish(db: Queryable, lease: Lease): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM broker.operations WHERE id = $1 AND lease_token = $2 AND state = 'in progress'`,
    [lease.operationId, lease.token],
  );
  return rowCount === 1;
}

/** Says what is being done, to whoever polls; false when the operation is no longer this worker's. */
export async function describeProgress(db: Queryable, lease: Lease, description: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE broker.operations SET description = $3 WHERE id = $1 AND lease_token = $2 AND state = 'in progress'`,
    [lease.operationId, lease.token, description],
  );
  return rowCount === 1;
}

/** Ends the operation and the lease, and tells who waits; false when the operation is no longer this worker's. */
export async function finishOperation(
  tx: Queryable,
  lease: Lease,
  state: 'succeeded' | 'failed',
  description: string,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `WITH ended AS (
       UPDATE broker.operations SET state = $3, description = $4, finished_at = now(), lease_until = NULL,
         lease_holder = NULL
       WHERE id = $1 AND lease_token = $2 AND state = 'in progress'
       RETURNING id)
     SELECT pg_notify('${ENDED_CHANNEL}', id::text) FROM ended`,
    [lease.operationId, lease.token, state, description],
  );
  return rowCount === 1;
}

/** Gives the operation back to the queue, due after `delayMs`. `countAttempt` false: it was not tried at all. */
export async function postponeOperation(
  db: Queryable,
  lease: Lease,
  postponement: { readonly delayMs: number; readonly description: string; readonly countAttempt: boolean },
): Promise<void> {
  await db.query(
    `UPDATE broker.operations SET lease_until = NULL, lease_holder = NULL, description = $4,
       run_after = now() + make_interval(secs => $3), attempts = attempts - $5
     WHERE id = $1 AND lease_token = $2 AND state = 'in progress'`,
    [
      lease.operationId,
      lease.token,
      postponement.delayMs / 1_000,
      postponement.description,
      postponement.countAttempt ? 0 : 1,
    ],
  );
}

/** Gives up the lease of an operation that somebody else has ended. */
export async function dropLease(db: Queryable, lease: Lease): Promise<void> {
  await db.query(
    `UPDATE broker.operations SET lease_until = NULL, lease_holder = NULL WHERE id = $1 AND lease_token = $2`,
    [lease.operationId, lease.token],
  );
}

/** Makes operations that wait for another attempt on this server due now: it has come back. */
export async function hastenOperations(db: Queryable, server: string): Promise<void> {
  await db.query(
    `WITH hastened AS (
       UPDATE broker.operations SET run_after = now()
       WHERE state = 'in progress' AND server = $1 AND run_after > now() AND lease_until IS NULL
       RETURNING id)
     SELECT pg_notify('${QUEUED_CHANNEL}', '') FROM hastened LIMIT 1`,
    [server],
  );
}
