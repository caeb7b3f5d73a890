import type { Queryable } from './database.ts';
import { waitingDescription, workingDescription } from './phrases.ts';
import type { NewOperation, OperationKind, OperationRecord, UpdateTarget } from './records.ts';

/** Statements on broker.operations as requests use them; workers use queue.ts. */

/** Told to workers when something can be done. */
export const QUEUED_CHANNEL = 'broker_operation_queued';
/** Told to requests that wait, with the operation's id. */
export const ENDED_CHANNEL = 'broker_operation_ended';

/**
 * Of a row `due`: nobody is at it and its time has come. The same for requests, which stand back for such operations, and
 * for workers, which claim them; what no worker would claim must not hold requests up.
 */
export const WAITING = `due.state = 'in progress' AND due.run_after <= now()
  AND (due.lease_until IS NULL OR due.lease_until <= now())`;
/** Of a row `due`: nobody is at what it would get in the way of. */
export const FREE = `NOT EXISTS (
    SELECT FROM broker.operations other
    WHERE other.instance_id = due.instance_id AND other.id <> due.id AND other.lease_until > now()
      AND (other.binding_id IS NULL OR due.binding_id IS NULL OR other.binding_id = due.binding_id))`;

/** Named one by one, in statements of queue.ts as well: see database.ts on prepared statements. */
export const OPERATION_COLUMNS = `id, kind, instance_id, binding_id, platform, cluster_id, namespace, server, target,
  state, description, attempts, run_after, give_up_at, lease_token, request_identity`;

export interface OperationRow {
  id: string;
  kind: OperationKind;
  instance_id: string;
  binding_id: string | null;
  platform: string;
  cluster_id: string;
  namespace: string;
  server: string;
  target: UpdateTarget | null;
  state: OperationRecord['state'];
  description: string;
  attempts: number;
  run_after: Date;
  give_up_at: Date;
  lease_token: number;
  request_identity: string | null;
}

export function toOperation(row: OperationRow): OperationRecord {
  return {
    id: row.id,
    kind: row.kind,
    instanceId: row.instance_id,
    bindingId: row.binding_id ?? undefined,
    scope: { platform: row.platform, clusterId: row.cluster_id, namespace: row.namespace },
    server: row.server,
    target: row.target ?? undefined,
    state: row.state,
    description: row.description,
    attempts: row.attempts,
    runAfter: row.run_after,
    giveUpAt: row.give_up_at,
    leaseToken: row.lease_token,
    requestIdentity: row.request_identity ?? undefined,
  };
}

/** Who claims an operation, and for how long without a heartbeat. */
export interface Claim {
  readonly holder: string;
  readonly leaseSeconds: number;
  /** It will wait for its turn at the server first. */
  readonly inLine?: boolean;
}

/** An operation that has been written; `claimed` when the claim that came with it holds. */
export interface InsertedOperation {
  readonly operation: OperationRecord;
  readonly claimed: boolean;
}

/**
 * Writes an operation. With a claim it is born leased, unless another worker is at something it would get in the way
 * of; the instance's row must be locked, so that this is still true when the transaction commits. Without one it is
 * queued, and the workers are woken.
 *
 * The lease is counted from the clock and not from the beginning of the transaction, which may have waited for a lock.
 * An update makes a new version of the instance's row, as the other operations on an instance do anyhow: begin-bind.ts
 * rests on it.
 */
export async function insertOperation(
  tx: Queryable,
  operation: NewOperation,
  claim?: Claim,
): Promise<InsertedOperation> {
  const { rows } = await tx.query<OperationRow & { claimed: boolean }>(
    `WITH inserted AS (
       INSERT INTO broker.operations (id, kind, instance_id, binding_id, platform, cluster_id, namespace, server,
         target, description, give_up_at, originating_identity, request_identity,
         attempts, lease_token, lease_holder, lease_until)
       SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN free THEN $16 ELSE $10 END,
         now() + make_interval(secs => $11), $12, $13,
         free::integer, free::integer, CASE WHEN free THEN $14 END,
         CASE WHEN free THEN clock_timestamp() + make_interval(secs => $15) END
       FROM (SELECT $14::text IS NOT NULL AND NOT EXISTS (
               SELECT FROM broker.operations other
               WHERE other.instance_id = $3 AND other.lease_until > now()
                 AND (other.binding_id IS NULL OR $4::text IS NULL OR other.binding_id = $4)) AS free) AS way
       RETURNING ${OPERATION_COLUMNS}, lease_until IS NOT NULL AS claimed),
     touched AS (UPDATE broker.instances SET updated_at = now() WHERE id = $3 AND $2 = 'update')
     SELECT inserted.*, CASE WHEN NOT claimed THEN pg_notify('${QUEUED_CHANNEL}', '') END FROM inserted`,
    [
      operation.id,
      operation.kind,
      operation.instanceId,
      operation.bindingId ?? null,
      operation.scope.platform,
      operation.scope.clusterId,
      operation.scope.namespace,
      operation.server,
      operation.target === undefined ? null : JSON.stringify(operation.target),
      waitingDescription(operation),
      operation.giveUpAfterSeconds,
      operation.originatingIdentity === undefined ? null : JSON.stringify(operation.originatingIdentity),
      operation.requestIdentity ?? null,
      claim?.holder ?? null,
      claim?.leaseSeconds ?? 0,
      claim?.inLine === true ? waitingDescription(operation) : workingDescription(operation),
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the store returned no row for a new operation');
  return { operation: toOperation(row), claimed: row.claimed };
}

export async function findOperation(db: Queryable, id: string): Promise<OperationRecord | undefined> {
  const { rows } = await db.query<OperationRow>(`SELECT ${OPERATION_COLUMNS} FROM broker.operations WHERE id = $1`, [
    id,
  ]);
  return rows[0] && toOperation(rows[0]);
}

/** The latest operation on the instance itself (`bindingId` undefined) or on one binding. */
export async function latestOperation(
  db: Queryable,
  instanceId: string,
  bindingId: string | undefined,
): Promise<OperationRecord | undefined> {
  const { rows } = await db.query<OperationRow>(
    `SELECT ${OPERATION_COLUMNS} FROM broker.operations WHERE instance_id = $1 AND binding_id IS NOT DISTINCT FROM $2
     ORDER BY sequence DESC LIMIT 1`,
    [instanceId, bindingId ?? null],
  );
  return rows[0] && toOperation(rows[0]);
}

/** The operation in progress on the instance itself or on one binding. */
export async function runningOperation(
  db: Queryable,
  instanceId: string,
  bindingId: string | undefined,
): Promise<OperationRecord | undefined> {
  const { rows } = await db.query<OperationRow>(
    `SELECT ${OPERATION_COLUMNS} FROM broker.operations
     WHERE instance_id = $1 AND binding_id IS NOT DISTINCT FROM $2 AND state = 'in progress'`,
    [instanceId, bindingId ?? null],
  );
  return rows[0] && toOperation(rows[0]);
}

/**
 * Ends the operations in progress on an instance and all its bindings, or on one binding, because a deletion takes
 * their place. A worker that is at one of them notices at its next heartbeat; the deletion waits for its lease.
 */
export async function supersedeOperations(
  tx: Queryable,
  instanceId: string,
  bindingId: string | undefined,
  description: string,
): Promise<void> {
  await tx.query(
    `WITH ended AS (
       UPDATE broker.operations SET state = 'failed', finished_at = now(), description = $3
       WHERE instance_id = $1 AND ($2::text IS NULL OR binding_id = $2) AND state = 'in progress'
       RETURNING id)
     SELECT pg_notify('${ENDED_CHANNEL}', id::text) FROM ended`,
    [instanceId, bindingId ?? null, description],
  );
}

/** How much there is to do. */
export interface QueueLoad {
  /** Operations that wait or run. */
  readonly inProgress: number;
  /** Servers with operations that a worker could claim, those of workers that have died included. */
  readonly behind: readonly string[];
}

export async function queueLoad(db: Queryable): Promise<QueueLoad> {
  const { rows } = await db.query<QueueLoad>(
    `SELECT count(*)::integer AS "inProgress",
       COALESCE(array_agg(DISTINCT due.server) FILTER (WHERE ${WAITING} AND ${FREE}), '{}') AS behind
     FROM broker.operations due WHERE due.state = 'in progress'`,
    [],
  );
  return rows[0] ?? { inProgress: 0, behind: [] };
}

/**
 * Forgets operations that ended long ago, except the latest of an instance or binding that still exists. So many at
 * once, until none is left or the signal aborts.
 * @returns how many were forgotten
 */
export async function forgetOldOperations(
  db: Queryable,
  olderThanDays: number,
  { atOnce = 1_000, signal }: { readonly atOnce?: number; readonly signal?: AbortSignal } = {},
): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const { rowCount } = await db.query(
      `DELETE FROM broker.operations WHERE id IN (
         SELECT old.id FROM broker.operations old
         WHERE old.finished_at < now() - make_interval(days => $1)
           AND (NOT EXISTS (SELECT FROM broker.instances WHERE id = old.instance_id)
             OR (old.binding_id IS NOT NULL
               AND NOT EXISTS (SELECT FROM broker.bindings
                               WHERE id = old.binding_id AND instance_id = old.instance_id))
             OR EXISTS (SELECT FROM broker.operations newer
                        WHERE newer.instance_id = old.instance_id
                          AND newer.binding_id IS NOT DISTINCT FROM old.binding_id AND newer.sequence > old.sequence))
         LIMIT $2)`,
      [olderThanDays, atOnce],
    );
    forgotten += rowCount;
    if (rowCount < atOnce || signal?.aborted === true) return forgotten;
  }
}
