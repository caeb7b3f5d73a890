import { OsbError } from '../../lib/osb/errors.ts';
import { findBinding } from '../store/bindings.ts';
import { findBindingResource } from './binding-resource.ts';
import type { Answer, Caller, OperationContext } from './context.ts';
import { findOwnInstance, unknownInstance } from './guards.ts';

/**
 * `GET /v2/service_instances/:instance_id/service_bindings/:binding_id` (spec.md "Fetching a Service Binding").
 *
 * 200 with the credentials, as often as asked; 404 there is none, or it is not ready.
 */
export async function fetchBinding(
  context: OperationContext,
  caller: Caller,
  instanceId: string,
  bindingId: string,
): Promise<Answer> {
  const instance = await findOwnInstance(context.database, instanceId, caller.scope);
  if (instance === undefined) throw unknownInstance();
  const resource = await findBindingResource(context, instanceId, bindingId);
  const binding = await findBinding(context.database, bindingId);
  if (resource === undefined || binding === undefined) {
    throw new OsbError('NotFound', 'There is no such binding, or it is not ready.');
  }
  return { status: 200, body: { ...resource, parameters: { access: binding.access } } };
}
