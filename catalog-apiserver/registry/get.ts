import { notFound } from '../status.ts';
import type { StoredObject } from '../storage/stored-object.ts';
import type { RegistryContext, Target } from './context.ts';
import { keyOf } from './update.ts';

/** GET of an object; a subresource shows the same object. Throws a 404. */
export async function getObject(context: RegistryContext, target: Target): Promise<StoredObject> {
  const stored = await context.storage.get(keyOf(target));
  if (stored === undefined) throw notFound(target.kind.resource, target.name ?? '');
  return stored;
}
