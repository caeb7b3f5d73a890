import { isManaged } from '../../lib/catalog/catalog-objects.ts';
import type { AnyClass, AnyPlan, Scope } from '../../lib/catalog/scope.ts';
import { DONE } from '../../lib/kube/controller.ts';
import type { Result } from '../../lib/kube/controller.ts';
import type { Informer } from '../../lib/kube/informer.ts';
import { parseKey } from '../../lib/kube/objects.ts';
import { refKey } from '../caches.ts';
import type { Context } from '../context.ts';
import { withResync } from '../resync.ts';

/**
 * One pass over a class or plan: what the broker no longer lists goes when no instance uses it any more. The deletion
 * of an instance wakes its class and plan.
 */
export async function reconcileOffering(
  context: Context,
  scope: Scope,
  what: 'classes' | 'plans',
  key: string,
  signal: AbortSignal,
): Promise<Result> {
  const cache: Informer<AnyClass> | Informer<AnyPlan> = context.caches.scopes[scope.name][what];
  const offering = cache.get(key);
  if (offering === undefined) return DONE;
  const users = context.caches.instances.byIndex(what === 'classes' ? 'class' : 'plan', refKey(scope, key));
  if (shouldGo(scope, offering, users.length)) {
    const { uid } = offering.metadata;
    await context.kube.delete(scope[what], parseKey(key), { signal, ...(uid === undefined ? {} : { uid }) });
  }
  return withResync(context, DONE);
}

/** Whether a class or plan has had its day. */
export function shouldGo(scope: Scope, offering: AnyClass | AnyPlan, users: number): boolean {
  return (
    users === 0 &&
    offering.status?.removedFromBrokerCatalog === true &&
    offering.metadata.deletionTimestamp === undefined &&
    isManaged(scope, offering)
  );
}
