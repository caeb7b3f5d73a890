import { OsbError } from '../../lib/osb/errors.ts';
import { lockInstance, setInstanceState } from '../store/instances.ts';
import { runningOperation, supersedeOperations } from '../store/operations.ts';
import { beginOperation } from './begin-operation.ts';
import type { Answer, Caller, OperationContext } from './context.ts';
import { requireAsync, requirePlaceForDeletion } from './guards.ts';

/** The query of a deletion (spec.md "Deprovisioning", "Unbinding"). */
export interface DeletionRequest {
  readonly service_id: string;
  readonly plan_id: string;
}

/**
 * `DELETE /v2/service_instances/:instance_id` (spec.md "Deprovisioning").
 *
 * 200 deleted; 202 being deleted, also when sent again; 410 there is none; 409 it is another cluster's or namespace's.
 * A deletion takes the place of whatever is in progress on the instance and its bindings, so that an instance that
 * hangs can be deleted; bindings that are left go with it, since they are worth nothing without it.
 */
export async function deprovision(
  context: OperationContext,
  caller: Caller,
  instanceId: string,
  request: DeletionRequest,
): Promise<Answer> {
  const begun = await beginOperation(context, caller, async (tx) => {
    const [instance] = await Promise.all([lockInstance(tx, instanceId), tx.load()]);
    if (instance?.scope.platform !== caller.scope.platform) throw new OsbError('Gone', 'There is no such instance.');
    requirePlaceForDeletion(caller.scope, instance);
    if (request.service_id !== instance.serviceId) {
      throw new OsbError('BadRequest', 'service_id is not the service of this instance.');
    }
    requireAsync(caller);
    if (instance.state === 'deleting') {
      const running = await runningOperation(tx, instanceId, undefined);
      if (running !== undefined) return running;
    }
    const [, , operation] = await Promise.all([
      supersedeOperations(tx, instanceId, undefined, 'ended because the instance is being deleted'),
      setInstanceState(tx, instanceId, 'deleting'),
      tx.begin({ kind: 'deprovision' }, { instance }),
    ]);
    return operation;
  });
  const ended = await context.ends.wait(begun, context.limits.asyncAfterMs, caller.signal);
  return ended.state === 'succeeded' ? { status: 200, body: {} } : { status: 202, body: { operation: ended.id } };
}
