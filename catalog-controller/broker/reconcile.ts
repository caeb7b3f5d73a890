import { findCondition } from '../../lib/catalog/conditions.ts';
import type { AnyBroker, Scope } from '../../lib/catalog/scope.ts';
import { again, DONE } from '../../lib/kube/controller.ts';
import type { Result } from '../../lib/kube/controller.ts';
import type { Change } from '../../lib/kube/informer.ts';
import { parseKey, keyOf } from '../../lib/kube/objects.ts';
import type { KubeObject, Resource } from '../../lib/kube/objects.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Context } from '../context.ts';
import { conditionEvents } from '../kubernetes/condition-events.ts';
import { releaseObject } from '../kubernetes/release.ts';
import { finalizersWithOurs, hasOtherFinalizers, patchIfUnchanged, writeStatus } from '../kubernetes/write.ts';
import type { Store } from '../kubernetes/write.ts';
import { ready } from '../operation/record.ts';
import { withResync } from '../resync.ts';
import { decideBroker } from './decide.ts';
import { observeBroker, offeringsOf } from './observe.ts';
import type { BrokerAction, BrokerObserved, BrokerStatus, SyncEnd } from './observed.ts';
import { settleSync } from './settle.ts';
import { syncCatalog } from './sync.ts';

/** A catalog that takes longer than this to read is told to be on its way, milliseconds. */
const SLOW_MS = 1_500;

/** One pass over one broker: observe, decide, perform. */
export async function reconcileBroker(
  context: Context,
  scope: Scope,
  key: string,
  signal: AbortSignal,
): Promise<Result> {
  const broker = context.caches.scopes[scope.name].brokers.get(key);
  if (broker === undefined || context.memory.isReleased(broker.metadata.uid ?? '')) return DONE;
  const observed = observeBroker(context, scope, broker);
  return withResync(context, await perform(context, observed, decideBroker(observed), signal));
}

async function perform(
  context: Context,
  observed: BrokerObserved,
  action: BrokerAction,
  signal: AbortSignal,
): Promise<Result> {
  const { broker, scope } = observed;
  const store: Store<AnyBroker> = { client: context.kube, cache: context.caches.scopes[scope.name].brokers };
  switch (action.type) {
    case 'wait':
      return action.wakeAt === undefined ? DONE : again(action.wakeAt);
    case 'report':
      await writeStatus(store, broker, action.status);
      tell(context, broker, action.status);
      return DONE;
    case 'adopt':
      await patchIfUnchanged(store, broker, { metadata: { finalizers: finalizersWithOurs(broker) } });
      return again(observed.now);
    case 'sync':
      return sync(context, observed, store, signal);
    case 'remove-offerings':
      await removeOfferings(context, observed, signal);
      // The watches tell when they are gone.
      return DONE;
    case 'release':
      return release(context, observed, store);
  }
}

/** Reads the catalog and publishes it; given up at once when the broker is deleted or its spec changes meanwhile. */
async function sync(
  context: Context,
  observed: BrokerObserved,
  store: Store<AnyBroker>,
  signal: AbortSignal,
): Promise<Result> {
  const { broker, scope } = observed;
  const outdated = new AbortController();
  const unsubscribe = context.caches.scopes[scope.name].brokers.onChange((change) => {
    if (change.key === keyOf(broker) && isOutdated(broker, change)) outdated.abort(new Error('the broker has changed'));
  });
  const stopNotice = noticeWhenSlow(context, observed, store);
  let end: SyncEnd;
  try {
    end = await syncCatalog(context, scope, broker, AbortSignal.any([signal, outdated.signal]));
  } catch (thrown) {
    if (signal.aborted || !outdated.signal.aborted) throw thrown;
    return again(observed.now);
  } finally {
    unsubscribe();
    await stopNotice();
  }
  const status = settleSync({ ...observed, now: context.clock.now() }, end);
  if (end.kind === 'no-credentials') {
    context.events.record(broker, { type: 'Warning', reason: 'ErrorGettingAuthCredentials', message: end.message });
  }
  tell(context, broker, status);
  await writeStatus(store, broker, status);
  return again(observed.now);
}

/**
 * Says that the catalog is being read, if nothing is known of the broker and that takes long: it costs no write on the
 * usual way. To be called when the reading has ended; resolves when no notice will be written any more.
 */
function noticeWhenSlow(
  context: Context,
  { broker, now }: BrokerObserved,
  store: Store<AnyBroker>,
): () => Promise<void> {
  if (findCondition(broker.status, 'Ready') !== undefined) return () => Promise.resolve();
  const ended = new AbortController();
  const notice = async (): Promise<void> => {
    await context.clock.sleep(SLOW_MS, ended.signal);
    const status = ready<BrokerStatus>(
      broker.status ?? {},
      'False',
      'FetchingCatalog',
      'The catalog is being read.',
      now,
    );
    tell(context, broker, status);
    await writeStatus(store, broker, status);
  };
  const running = notice().catch((thrown: unknown) => {
    // It is a courtesy: whatever is wrong with the API server stops the pass itself.
    if (!ended.signal.aborted) context.log.debug({ err: toError(thrown) }, 'a slow broker was not told of');
  });
  return () => {
    ended.abort();
    return running;
  };
}

/** Whether a catalog that is being read for `broker` is of no use any more. */
function isOutdated({ metadata }: AnyBroker, { type, object }: Change<AnyBroker>): boolean {
  return (
    type === 'deleted' ||
    object.metadata.uid !== metadata.uid ||
    object.metadata.generation !== metadata.generation ||
    object.metadata.deletionTimestamp !== undefined
  );
}

async function removeOfferings(
  context: Context,
  { scope, broker }: BrokerObserved,
  signal: AbortSignal,
): Promise<void> {
  const { classes, plans } = offeringsOf(context.caches, scope, broker);
  const remove = async (resource: Resource, { metadata }: KubeObject): Promise<void> => {
    if (metadata.deletionTimestamp !== undefined) return;
    const { uid } = metadata;
    await context.kube.delete(resource, parseKey(keyOf({ metadata })), {
      signal,
      ...(uid === undefined ? {} : { uid }),
    });
  };
  for (const plan of plans) await remove(scope.plans, plan);
  for (const serviceClass of classes) await remove(scope.classes, serviceClass);
}

async function release(context: Context, observed: BrokerObserved, store: Store<AnyBroker>): Promise<Result> {
  const { broker, scope, now } = observed;
  const status = ready<BrokerStatus>(
    broker.status ?? {},
    'False',
    scope.namespaced ? 'DeletedSuccessfully' : 'DeletedClusterServiceBrokerSuccessfully',
    `The broker ${broker.metadata.name ?? ''} was deleted successfully.`,
    now,
  );
  tell(context, broker, status);
  if (hasOtherFinalizers(broker)) await writeStatus(store, broker, status);
  await releaseObject(context.memory, store, broker);
  return DONE;
}

function tell(context: Context, broker: AnyBroker, status: BrokerStatus): void {
  for (const happening of conditionEvents(broker.status, status)) context.events.record(broker, happening);
}
