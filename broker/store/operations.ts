import type { Queryable } from './database.ts';
import type { NewOperation, OperationKind, OperationRecord, UpdateTarget } from './records.ts';

/** Statements on broker.operations as requests use them; workers use queue.ts. */

/** Told to workers when something can be done. */
export const QUEUED_CHANNEL = 'broker_operation_queued';
/** Told to requests that wait, with the operation's id. */
export const ENDED_CHANNEL = 'broker_operation_ended';

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

/** Queues an operation and wakes the workers when the transaction commits. */
export async function insertOperation(tx: Queryable, operation: NewOperation): Promise<OperationRecord> {
  const { rows } = await tx.query<OperationRow>(
    `WITH queued AS (
       INSERT INTO broker.operations (id, kind, instance_id, binding_id, platform, cluster_id, namespace, server,
         target, description, give_up_at, originating_identity, request_identity)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + make_interval(secs => $11), $12, $13)
       RETURNING *)
     SELECT queued.*, pg_notify('${QUEUED_CHANNEL}', '') FROM queued`,
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
      operation.description,
      operation.giveUpAfterSeconds,
      operation.originatingIdentity === undefined ? null : JSON.stringify(operation.originatingIdentity),
      operation.requestIdentity ?? null,
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the store returned no row for a new operation');
  return toOperation(row);
}

export async function findOperation(db: Queryable, id: string): Promise<OperationRecord | undefined> {
  const { rows } = await db.query<OperationRow>('SELECT * FROM broker.operations WHERE id = $1', [id]);
  return rows[0] && toOperation(rows[0]);
}

/** The latest operation on the instance itself (`bindingId` undefined) or on one binding. */
export async function latestOperation(
  db: Queryable,
  instanceId: string,
  bindingId: string | undefined,
): Promise<OperationRecord | undefined> {
  const { rows } = await db.query<OperationRow>(
    `SELECT * FROM broker.operations WHERE instance_id = $1 AND binding_id IS NOT DISTINCT FROM $2
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
    `SELECT * FROM broker.operations
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

/** How many operations wait or run. */
export async function countRunningOperations(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM broker.operations WHERE state = 'in progress'`,
  );
  return rows[0]?.count ?? 0;
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
