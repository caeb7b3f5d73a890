import { v4 as uuid } from 'uuid';
import { OsbError } from '../../lib/osb/errors.ts';
import { findBinding, setBindingState } from '../store/bindings.ts';
import { lockInstance } from '../store/instances.ts';
import { insertOperation, runningOperation, supersedeOperations } from '../store/operations.ts';
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
  const operation = await context.database.transaction(async (tx) => {
    const instance = await lockInstance(tx, instanceId);
    const binding = await findBinding(tx, bindingId);
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
    await supersedeOperations(tx, instanceId, bindingId, 'ended because the binding is being deleted');
    await setBindingState(tx, bindingId, 'deleting');
    return insertOperation(tx, {
      id: uuid(),
      kind: 'unbind',
      instanceId,
      bindingId,
      scope: instance.scope,
      server: instance.server,
      description: `waiting to revoke the login on ${instance.server}`,
      giveUpAfterSeconds: context.limits.giveUpAfterSeconds,
      originatingIdentity: caller.originatingIdentity,
      requestIdentity: caller.requestIdentity,
    });
  });
  return (await waitForBinding(context, caller, operation)) ?? { status: 200, body: {} };
}
