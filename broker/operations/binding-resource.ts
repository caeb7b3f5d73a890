import type { BindingResource } from '../../lib/osb/types.ts';
import { findBinding, passwordPlace } from '../store/bindings.ts';
import { findInstance } from '../store/instances.ts';
import type { OperationContext } from './context.ts';
import { credentials, endpoints } from './credentials.ts';

/**
 * A ready binding as answers show it, or undefined. Made anew each time from the configuration of its server, so that
 * an address that an operator has changed is right at the next GET.
 */
export async function bindingResource(
  { database, servers, cipher }: OperationContext,
  instanceId: string,
  bindingId: string,
): Promise<BindingResource | undefined> {
  const binding = await findBinding(database, bindingId);
  const instance = await findInstance(database, instanceId);
  if (instance === undefined || binding?.instanceId !== instance.id || binding.state !== 'ready') return undefined;
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
