import { runningOperation } from '../store/operations.ts';
import type { Answer, Caller, OperationContext } from './context.ts';
import { busy, findOwnInstance, unknownInstance } from './guards.ts';
import { instanceMetadata } from './instance-metadata.ts';

/**
 * `GET /v2/service_instances/:instance_id` (spec.md "Fetching a Service Instance").
 *
 * 200; 404 there is none, it belongs to another scope, or it is not created yet; 422 while it is updated or deleted.
 */
export async function fetchInstance(context: OperationContext, caller: Caller, instanceId: string): Promise<Answer> {
  const { database } = context;
  const instance = await findOwnInstance(database, instanceId, caller.scope);
  if (instance === undefined || instance.state === 'creating' || instance.state === 'create-failed') {
    throw unknownInstance();
  }
  const running = await runningOperation(database, instanceId, undefined);
  if (running !== undefined) throw busy(`The instance is being ${running.kind === 'update' ? 'updated' : 'deleted'}`);
  return {
    status: 200,
    body: {
      service_id: instance.serviceId,
      plan_id: instance.planId,
      parameters: { ...instance.effective },
      ...instanceMetadata(instance),
    },
  };
}
