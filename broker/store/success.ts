import type { ServerIdentity } from '../engine/engine.ts';
import type { Queryable } from './database.ts';
import { ENDED_CHANNEL } from './operations.ts';
import type { Lease } from './queue.ts';
import type { OperationRecord, UpdateTarget } from './records.ts';

/** What has been done, and with what result. */
export type Success =
  | { readonly kind: 'provision'; readonly identity: ServerIdentity }
  | { readonly kind: 'update'; readonly target: UpdateTarget }
  | { readonly kind: 'deprovision' | 'bind' | 'unbind' };

/**
 * Ends an operation that has succeeded, and writes what is true of its instance or binding from now on; one statement,
 * so one round trip and one commit. False when the operation is no longer this worker's: then nothing is written.
 *
 * The instance's row is locked before the operation's is touched, as everywhere. A deletion that came first is seen
 * although the statement began before it: PostgreSQL looks again at a row that has changed under an UPDATE. Nothing is
 * written either under a lease that has run out by the time the lock is here: another operation on the instance may have
 * been done since, and this one is begun again.
 *
 * Who waits is told when `announce` is set or another operation on the instance may have been held up. NOTIFY is left
 * out otherwise because commits that notify go one by one, each with its own fsync. An operation that was written while
 * this statement waited for the lock is not seen by it: the worker that held it up has seen it (`behind`) and looks again.
 */
export async function recordSuccess(
  db: Queryable,
  lease: Lease,
  operation: Pick<OperationRecord, 'instanceId' | 'bindingId'>,
  success: Success,
  { description, announce }: { readonly description: string; readonly announce: boolean },
): Promise<boolean> {
  const { text, values } = resultStatement(operation, success);
  const { rowCount } = await db.query(
    `WITH instance AS (SELECT id FROM broker.instances WHERE id = $4 FOR NO KEY UPDATE),
     ended AS (
       UPDATE broker.operations operation SET state = 'succeeded', description = $3, finished_at = now(),
         lease_until = NULL, lease_holder = NULL
       FROM instance
       WHERE operation.id = $1 AND operation.lease_token = $2 AND operation.state = 'in progress'
         AND operation.lease_until > (SELECT clock_timestamp() FROM instance)
       RETURNING operation.id),
     result AS (${text} AND EXISTS (SELECT FROM ended))
     SELECT CASE WHEN $5 OR EXISTS (
         SELECT FROM broker.operations other
         WHERE other.instance_id = $4 AND other.id <> $1 AND other.state = 'in progress')
       THEN pg_notify('${ENDED_CHANNEL}', id::text) END
     FROM ended`,
    [lease.operationId, lease.token, description, operation.instanceId, announce, ...values],
  );
  return rowCount === 1;
}

/** An UPDATE or DELETE that ends within its WHERE; its own values are $6 and following. */
function resultStatement(
  operation: Pick<OperationRecord, 'bindingId'>,
  success: Success,
): { readonly text: string; readonly values: readonly unknown[] } {
  switch (success.kind) {
    case 'provision':
      return {
        text: `UPDATE broker.instances SET state = 'ready', product = $6, product_version = $7, updated_at = now()
               WHERE id = $4`,
        values: [success.identity.product, success.identity.version],
      };
    case 'update': {
      const { planId, given, effective, connectionLimit } = success.target;
      return {
        text: `UPDATE broker.instances SET plan_id = $6, given_parameters = $7, version = $8, storage_gb = $9,
                 connection_limit = $10, updated_at = now()
               WHERE id = $4`,
        values: [planId, JSON.stringify(given), effective.version, effective.storageGB, connectionLimit],
      };
    }
    case 'deprovision':
      // The rows of its bindings go with it.
      return { text: 'DELETE FROM broker.instances WHERE id = $4', values: [] };
    case 'bind':
      return {
        text: `UPDATE broker.bindings SET state = 'ready', updated_at = now() WHERE id = $6`,
        values: [operation.bindingId],
      };
    case 'unbind':
      return { text: 'DELETE FROM broker.bindings WHERE id = $6', values: [operation.bindingId] };
  }
}
