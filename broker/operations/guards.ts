import { OsbError } from '../../lib/osb/errors.ts';
import type { MaintenanceInfo } from '../../lib/osb/types.ts';
import { isInScope } from '../scope.ts';
import type { RequestScope } from '../scope.ts';
import type { Queryable } from '../store/database.ts';
import { findInstance } from '../store/instances.ts';
import type { QueueLoad } from '../store/operations.ts';
import type { InstanceRecord } from '../store/records.ts';
import type { Caller, OperationContext } from './context.ts';

/** Checks that several operations share. Each throws the OsbError of its failure. */

/** The instance if it is in the request's scope; another's instance is as unknown as none. */
export async function findOwnInstance(
  db: Queryable,
  id: string,
  scope: RequestScope,
): Promise<InstanceRecord | undefined> {
  const instance = await findInstance(db, id);
  return instance && isInScope(scope, instance.scope) ? instance : undefined;
}

export function unknownInstance(): OsbError {
  return new OsbError('NotFound', 'There is no such instance; it may have been deleted.');
}

/**
 * Refuses to delete what belongs to another cluster or namespace of the same platform. Not with 410 as for everything
 * else that is out of scope: to a platform 410 means that the deletion is done, and a cluster that comes back under
 * another id would forget databases that live on.
 */
export function requirePlaceForDeletion(scope: RequestScope, instance: InstanceRecord): void {
  if (isInScope(scope, instance.scope)) return;
  throw new OsbError(
    'Conflict',
    'The instance belongs to another cluster or namespace of this platform and has not been touched. If it is yours, the id of your cluster has changed (context.clusterid): restore the former id, and delete again.',
  );
}

/** Operations on instances take longer than a request may; nothing has been done yet when this throws. */
export function requireAsync(caller: Caller): void {
  if (caller.acceptsIncomplete) return;
  throw new OsbError(
    'AsyncRequired',
    'This service plan requires client support for asynchronous service operations: send accepts_incomplete=true.',
  );
}

/** No plan has maintenance_info, so none can match (spec.md "Maintenance Info Object"). */
export function refuseMaintenance(maintenance: MaintenanceInfo | undefined): void {
  if (maintenance === undefined) return;
  throw new OsbError('MaintenanceInfoConflict', 'This plan has no maintenance_info; send the request without it.');
}

/**
 * Refuses new work while too much waits: a queue that only grows helps nobody. Deletions are not refused, they make
 * room.
 */
export function refuseWhenFull({ limits }: OperationContext, { inProgress }: QueueLoad): void {
  if (inProgress < limits.queuedOperations) return;
  throw new OsbError('TooManyRequests', 'Too many operations are waiting; try again later.', { retryAfterSeconds: 10 });
}

/** Another operation stands in the way; `what` begins the sentence that says which. */
export function busy(what: string): OsbError {
  return new OsbError('ConcurrencyError', `${what}; wait until that has ended.`, { retryAfterSeconds: 2 });
}

/** Only what is ready can be changed or bound. `whenFailed` is thrown for an instance that has failed. */
export function requireReady(instance: InstanceRecord, whenFailed: () => OsbError): void {
  switch (instance.state) {
    case 'ready':
      return;
    case 'creating':
      throw busy('The instance is still being created');
    case 'deleting':
      throw busy('The instance is being deleted');
    case 'create-failed':
    case 'delete-failed':
      throw whenFailed();
  }
}
