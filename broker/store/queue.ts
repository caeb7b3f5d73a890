import type { Database, Queryable } from './database.ts';
import { touchInstance, tryLockInstance } from './instances.ts';
import type { Claim, OperationRow } from './operations.ts';
import { ENDED_CHANNEL, FREE, OPERATION_COLUMNS, QUEUED_CHANNEL, toOperation, WAITING } from './operations.ts';
import { waitingDescription, workingDescription } from './phrases.ts';
import type { OperationRecord } from './records.ts';

/**
 * The operations table as a queue, for workers.
 *
 * A row in progress is **waiting** (no lease, `run_after` in the future), **due** (no lease, `run_after` past) or
 * **leased** (`lease_until` in the future). A worker claims a due row, which takes the next lease token, or gets
 * one that a request of its own process wrote leased, and keeps the lease by heartbeats. A worker that dies lets its
 * lease run out: the row is due again. Whatever a worker writes carries its token, so a worker that was replaced writes
 * nothing. All times are the store's clock.
 */

/** A worker's right to work on an operation. */
export interface Lease {
  readonly operationId: string;
  readonly token: number;
}

/** A claim that came too late looks for another operation, so often. */
const CLAIM_ATTEMPTS = 10;

type DueOperation = Pick<OperationRow, 'id' | 'instance_id' | 'kind' | 'server'> & { readonly free: boolean };

/**
 * Without a claim: `behind` when something is due, but its server was said to be busy or another worker is at its
 * instance; `locked` when a transaction has its instance just now, so that it is worth looking again very soon.
 */
export type ClaimResult =
  | { readonly kind: 'claimed'; readonly operation: OperationRecord }
  | { readonly kind: 'behind' | 'locked' | 'nothing' };

/**
 * Claims the operation that has been due longest, if there is one on a server not in `busyServers`. Never one that
 * could get in the way of what another worker is doing: an operation on an instance excludes every other on it,
 * operations on different bindings of one instance go together. Nor one in `except`: those a worker is still at although
 * it has lost their leases. It waits for no lock: whoever holds one may be slow, and others are due.
 */
export async function claimOperation(
  database: Database,
  claim: Claim,
  busyServers: readonly string[],
  except: readonly string[] = [],
): Promise<ClaimResult> {
  const passedOver: string[] = [];
  for (let attempt = 1; attempt <= CLAIM_ATTEMPTS; attempt += 1) {
    const { rows } = await database.query<DueOperation>(
      `SELECT due.id, due.instance_id, due.kind, due.server, ${FREE} AS free FROM broker.operations due
       WHERE ${WAITING} AND due.id <> ALL ($2::uuid[])
       ORDER BY free DESC, due.server = ANY ($1::text[]), due.run_after, due.sequence LIMIT 1`,
      [busyServers, [...except, ...passedOver]],
    );
    const [due] = rows;
    if (due?.free !== true || busyServers.includes(due.server)) {
      if (passedOver.length > 0) return { kind: 'locked' };
      return { kind: due === undefined ? 'nothing' : 'behind' };
    }
    const claimed = await claimDue(database, claim, due);
    if (claimed === 'locked') passedOver.push(due.id);
    else if (claimed !== undefined) return { kind: 'claimed', operation: claimed };
  }
  return { kind: 'locked' };
}

/**
 * Undefined when somebody else was faster. "Nobody else is at this instance" must still be true when the lease is
 * written: whoever writes one holds the lock of the instance's row, and looks only then.
 */
async function claimDue(
  database: Database,
  { holder, leaseSeconds }: Claim,
  due: DueOperation,
): Promise<OperationRecord | 'locked' | undefined> {
  return database.transaction(async (tx) => {
    if (!(await tryLockInstance(tx, due.instance_id))) return 'locked';
    const { rows } = await tx.query<OperationRow>(
      `UPDATE broker.operations due SET lease_holder = $2, lease_token = lease_token + 1, attempts = attempts + 1,
         lease_until = clock_timestamp() + make_interval(secs => $3), description = $4
       WHERE due.id = $1 AND ${WAITING} AND ${FREE}
       RETURNING ${OPERATION_COLUMNS}`,
      [due.id, holder, leaseSeconds, workingDescription(due)],
    );
    const [row] = rows;
    if (row?.kind === 'update') await touchInstance(tx, row.instance_id);
    return row && toOperation(row);
  });
}

/** A lease, and what its worker is doing about it. */
export interface Heartbeat extends Lease {
  /** For whoever asks about the operation: what waited for its turn may have begun since the last heartbeat. */
  readonly description: string;
}

/** What became of a lease at a heartbeat. */
export interface HeartbeatResult {
  readonly operationId: string;
  /** False when a transaction has the row just now; the lease is as it was. */
  readonly extended: boolean;
  /** False when somebody has ended the operation meanwhile; the lease is kept, so that nobody else begins yet. */
  readonly wanted: boolean;
}

/**
 * Extends these leases. A lease that is missing in the result is lost. One that ran out stays so: another operation on
 * the instance may have been claimed since. No row is waited for: one that is locked must not cost the others theirs,
 * and rows that are locked in any order could deadlock with a deletion that ends them.
 */
export async function extendLeases(
  db: Queryable,
  leases: readonly Heartbeat[],
  leaseSeconds: number,
): Promise<HeartbeatResult[]> {
  const { rows } = await db.query<{ id: string; extended: boolean; wanted: boolean }>(
    `WITH held AS (
       SELECT operation.id, operation.state, said.description
       FROM unnest($1::uuid[], $2::integer[], $4::text[]) AS said (operation_id, token, description)
       JOIN broker.operations operation ON operation.id = said.operation_id AND operation.lease_token = said.token
       WHERE operation.lease_until > now()),
     locked AS (
       SELECT operation.id FROM broker.operations operation
       JOIN unnest($1::uuid[], $2::integer[]) AS said (operation_id, token)
         ON operation.id = said.operation_id AND operation.lease_token = said.token
       WHERE operation.lease_until > now()
       FOR NO KEY UPDATE OF operation SKIP LOCKED),
     extended AS (
       UPDATE broker.operations operation SET lease_until = now() + make_interval(secs => $3),
         description = CASE WHEN operation.state = 'in progress' THEN held.description ELSE operation.description END
       FROM held JOIN locked USING (id)
       WHERE operation.id = held.id
       RETURNING operation.id, operation.state)
     SELECT held.id, extended.id IS NOT NULL AS extended,
       COALESCE(extended.state, held.state) = 'in progress' AS wanted
     FROM held LEFT JOIN extended USING (id)`,
    [
      leases.map(({ operationId }) => operationId),
      leases.map(({ token }) => token),
      leaseSeconds,
      leases.map(({ description }) => description),
    ],
  );
  return rows.map(({ id, extended, wanted }) => ({ operationId: id, extended, wanted }));
}

/** Whether nobody has ended the operation or taken it over; should its lease have run out, it is begun again. */
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

/** Gives the operation back to the queue, due after `delayMs`. */
export async function postponeOperation(
  db: Queryable,
  lease: Lease,
  { delayMs, description }: { readonly delayMs: number; readonly description: string },
): Promise<void> {
  await db.query(
    `UPDATE broker.operations SET lease_until = NULL, lease_holder = NULL, description = $4,
       run_after = now() + make_interval(secs => $3)
     WHERE id = $1 AND lease_token = $2 AND state = 'in progress'`,
    [lease.operationId, lease.token, delayMs / 1_000, description],
  );
}

/**
 * Gives the operation back to the queue as it came: it has not been tried at all, it keeps its place among those that
 * are due, and the workers are woken.
 */
export async function returnOperation(
  db: Queryable,
  lease: Lease,
  operation: Pick<OperationRecord, 'kind' | 'server'>,
): Promise<void> {
  await db.query(
    `WITH returned AS (
       UPDATE broker.operations SET lease_until = NULL, lease_holder = NULL, description = $3, attempts = attempts - 1
       WHERE id = $1 AND lease_token = $2 AND state = 'in progress'
       RETURNING id)
     SELECT pg_notify('${QUEUED_CHANNEL}', '') FROM returned`,
    [lease.operationId, lease.token, waitingDescription(operation)],
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
