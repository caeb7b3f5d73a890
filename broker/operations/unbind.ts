import { OsbError } from '../../lib/osb/errors.ts';
import { findBinding, setBindingState } from '../store/bindings.ts';
import { lockInstance } from '../store/instances.ts';
import { runningOperation, supersedeOperations } from '../store/operations.ts';
import { beginOperation } from './begin-operation.ts';
import type { Answer, Caller, OperationContext } from './context.ts';
import type { DeletionRequest } from './deprovision.ts';
import { busy, requirePlaceForDeletion } from './guards.ts';
import { waitForBinding } from './wait-for-binding.ts';

/**
 * `DELETE /v2/service_instances/:instance_id/service_bindings/:binding_id` (spec.md "Unbinding").
 *
 * 200 revoked; 202 when it takes longer and the client accepts that, also when sent again; 410 there is none; 409 the
 * instance is another cluster's or namespace's. A bind that is in progress is ended first. While the whole instance is
 * being deleted the binding goes with it: 422.
 */
export async function unbind(
  context: OperationContext,
  caller: Caller,
  instanceId: string,
  bindingId: string,
  request: DeletionRequest,
): Promise<Answer> {
  const begun = await beginOperation(context, caller, async (tx) => {
    const [instance, binding] = await Promise.all([
      lockInstance(tx, instanceId),
      findBinding(tx, bindingId),
      tx.load(),
    ]);
    if (instance?.scope.platform !== caller.scope.platform || binding?.instanceId !== instance.id) {
      throw new OsbError('Gone', 'There is no such binding.');
    }
    requirePlaceForDeletion(caller.scope, instance);
    if (request.service_id !== instance.serviceId) {
      throw new OsbError('BadRequest', 'service_id is not the service of this instance.');
    }
    if (instance.state === 'deleting') throw busy('The instance is being deleted, and this binding with it');
    if (binding.state === 'deleting') {
      const running = await runningOperation(tx, instanceId, bindingId);
      if (running !== undefined) return running;
    }
    const [, , operation] = await Promise.all([
      supersedeOperations(tx, instanceId, bindingId, 'ended because the binding is being deleted'),
      setBindingState(tx, bindingId, 'deleting'),
      tx.begin({ kind: 'unbind' }, { instance, binding }),
    ]);
    return operation;
  });
  return (await waitForBinding(context, caller, begun)) ?? { status: 200, body: {} };
}
