import type { BindingResource } from '../../lib/osb/types.ts';
import { findBinding, passwordPlace } from '../store/bindings.ts';
import { findInstance } from '../store/instances.ts';
import type { BindingRecord, InstanceRecord } from '../store/records.ts';
import type { OperationContext } from './context.ts';
import { credentials, endpoints } from './credentials.ts';

/** A binding as answers show it, or undefined when there is none that is ready. */
export async function findBindingResource(
  context: OperationContext,
  instanceId: string,
  bindingId: string,
): Promise<BindingResource | undefined> {
  const [binding, instance] = await Promise.all([
    findBinding(context.database, bindingId),
    findInstance(context.database, instanceId),
  ]);
  if (instance === undefined || binding?.instanceId !== instance.id || binding.state !== 'ready') return undefined;
  return bindingResource(context, instance, binding);
}

/**
 * A ready binding as answers show it. Made anew each time from the configuration of its server, so that an address that
 * an operator has changed is right at the next GET.
 */
export function bindingResource(
  { servers, cipher }: OperationContext,
  instance: InstanceRecord,
  binding: BindingRecord,
): BindingResource {
  const server = servers.get(instance.server);
  const identity =
    server.state.kind === 'ready'
      ? server.state.identity
      : { product: instance.product ?? '', version: instance.productVersion ?? '' };
  return {
    credentials: credentials({
      server: server.config,
      identity,
      database: instance.databaseName,
      username: binding.username,
      password: cipher.decrypt(binding.encryptedPassword, passwordPlace(binding.id)),
    }),
    endpoints: endpoints(server.config),
  };
}
