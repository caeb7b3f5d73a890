import type { Database, Queryable } from './database.ts';
import { lockInstance } from './instances.ts';
import type { Claim, OperationRow } from './operations.ts';
import { ENDED_CHANNEL, FREE, OPERATION_COLUMNS, QUEUED_CHANNEL, toOperation, WAITING } from './operations.ts';
import { workingDescription } from './phrases.ts';
import type { OperationRecord } from './records.ts';

/**
 * The operations table as a queue, for workers.
 *
 * A row in progress is **waiting** (no lease, `run_after` in the future), **due** (no lease, `run_after` past) or
 * **leased** (`lease_until` in the future). A worker claims a due row, which takes the next lease token, or gets one that
 * the request of its own process wrote leased, and keeps the lease by heartbeats. A worker that dies lets its lease run out: the row is due again. Whatever a worker writes
 * carries its token, so a worker that was replaced writes nothing. All times are the store's clock.
 */

/** A worker's right to work on an operation. */
export interface Lease {
  readonly operationId: string;
  readonly token: number;
}

/** A claim that came too late looks for another operation, so often. */
const CLAIM_ATTEMPTS = 10;

type DueOperation = Pick<OperationRow, 'id' | 'instance_id' | 'kind' | 'server'>;

/** `behind`: nothing was claimed, but something is due on a server that was said to be busy. */
export type ClaimResult =
  { readonly kind: 'claimed'; readonly operation: OperationRecord } | { readonly kind: 'behind' | 'nothing' };

/**
 * Claims the operation that has been due longest, if there is one on a server not in `busyServers`. Never one that
 * could get in the way of what another worker is doing: an operation on an instance excludes every other on it,
 * operations on different bindings of one instance go together. Nor one in `except`: those a worker is still at although
 * it has lost their leases.
 */
export async function claimOperation(
  database: Database,
  claim: Claim,
  busyServers: readonly string[],
  except: readonly string[] = [],
): Promise<ClaimResult> {
  for (let attempt = 1; attempt <= CLAIM_ATTEMPTS; attempt += 1) {
    const { rows } = await database.query<DueOperation>(
      `SELECT due.id, due.instance_id, due.kind, due.server FROM broker.operations due
       WHERE ${WAITING} AND ${FREE} AND due.id <> ALL ($2::uuid[])
       ORDER BY due.server = ANY ($1::text[]), due.run_after, due.sequence LIMIT 1`,
      [busyServers, except],
    );
    const [due] = rows;
    if (due === undefined) return { kind: 'nothing' };
    if (busyServers.includes(due.server)) return { kind: 'behind' };
    const operation = await claimDue(database, claim, due);
    if (operation !== undefined) return { kind: 'claimed', operation };
  }
  return { kind: 'behind' };
}

/**
 * Undefined when somebody else was faster. "Nobody else is at this instance" must still be true when the lease is
 * written: whoever writes one holds the lock of the instance's row, and looks only then.
 */
async function claimDue(
  database: Database,
  { holder, leaseSeconds }: Claim,
  due: DueOperation,
): Promise<OperationRecord | undefined> {
  return database.transaction(async (tx) => {
    await lockInstance(tx, due.instance_id);
    const { rows } = await tx.query<OperationRow>(
      `UPDATE broker.operations due SET lease_holder = $2, lease_token = lease_token + 1, attempts = attempts + 1,
         lease_until = clock_timestamp() + make_interval(secs => $3), description = $4
       WHERE due.id = $1 AND ${WAITING} AND ${FREE}
       RETURNING ${OPERATION_COLUMNS}`,
      [due.id, holder, leaseSeconds, workingDescription(due)],
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

/** Ends an operation that has failed and tells who waits; false when it is no longer this worker's. */
export async function failOperation(tx: Queryable, lease: Lease, description: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `WITH ended AS (
       UPDATE broker.operations SET state = 'failed', description = $3, finished_at = now(), lease_until = NULL,
         lease_holder = NULL
       WHERE id = $1 AND lease_token = $2 AND state = 'in progress'
       RETURNING id)
     SELECT pg_notify('${ENDED_CHANNEL}', id::text) FROM ended`,
    [lease.operationId, lease.token, description],
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
