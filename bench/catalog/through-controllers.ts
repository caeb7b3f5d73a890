import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../lib/catalog/resources.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import { forAll } from './pairs.ts';
import type { Order, Pair, Turn } from './pairs.ts';
import { Watched } from './watched.ts';

export interface CatalogAccess {
  /** The user's; the controllers have their own. */
  readonly kube: KubeClient;
  /** Pairs that the user creates or deletes at a time. */
  readonly atOnce: number;
  readonly order: Order;
  /** Called while everything is there, between creating and deleting. */
  readonly whileReady?: () => Promise<void>;
}

/** The work as users have it done: objects are created and deleted, the controllers do the rest, a watch tells when. */
export async function runThroughControllers(access: CatalogAccess, pairs: readonly Pair[]): Promise<Turn> {
  const namespace = pairs[0]?.instance.metadata.namespace ?? '';
  const stop = new AbortController();
  const instances = new Watched(access.kube, SERVICE_INSTANCES, namespace);
  const bindings = new Watched(access.kube, SERVICE_BINDINGS, namespace);
  try {
    await Promise.all([instances.start(stop.signal), bindings.start(stop.signal)]);
    const created = await create(access, pairs, instances, bindings);
    await access.whileReady?.();
    const deleteBegun = performance.now();
    await remove(access, pairs, instances, bindings);
    return { ...created, deleteMs: performance.now() - deleteBegun };
  } finally {
    stop.abort(new Error('the turn is over'));
  }
}

async function create(
  { kube, atOnce, order }: CatalogAccess,
  pairs: readonly Pair[],
  instances: Watched,
  bindings: Watched,
): Promise<Pick<Turn, 'createMs' | 'readyMs'>> {
  const readyMs: number[] = [];
  const becomingReady: Promise<void>[] = [];
  const begun = performance.now();
  await forAll(pairs, atOnce, async ({ name, instance, binding }) => {
    const pairBegun = performance.now();
    await kube.create(SERVICE_INSTANCES, instance);
    if (order === 'one after the other') await instances.until(name, 'Ready');
    await kube.create(SERVICE_BINDINGS, binding);
    // A binding is Ready after its instance.
    const ready = bindings.until(name, 'Ready').then(() => {
      readyMs.push(performance.now() - pairBegun);
    });
    ready.catch(() => undefined);
    becomingReady.push(ready);
  });
  await Promise.all(becomingReady);
  return { createMs: performance.now() - begun, readyMs };
}

async function remove(
  { kube, atOnce, order }: CatalogAccess,
  pairs: readonly Pair[],
  instances: Watched,
  bindings: Watched,
): Promise<void> {
  await forAll(pairs, atOnce, async ({ name, binding }) => {
    const key = { name, namespace: binding.metadata.namespace ?? '' };
    await kube.delete(SERVICE_BINDINGS, key);
    if (order === 'one after the other') await bindings.until(name, 'gone');
    await kube.delete(SERVICE_INSTANCES, key);
  });
  // An instance is gone after its bindings.
  await Promise.all(pairs.map(({ name }) => instances.until(name, 'gone')));
}
