import { isTrue, withConditions } from '../../lib/catalog/conditions.ts';
import { parseGoDuration } from '../../lib/catalog/go-duration.ts';
import { MINIMUM_RELIST_MS } from '../../lib/catalog/relist.ts';
import { FINALIZER } from '../../lib/catalog/resources.ts';
import { isPostponed, ready, without } from '../operation/record.ts';
import { nextAttemptAt } from '../operation/retry.ts';
import type { BrokerAction, BrokerObserved, BrokerStatus } from './observed.ts';

/**
 * What to do about a ClusterServiceBroker or ServiceBroker now.
 *
 * - *removing*: waits until nothing is left at the broker, since without it nothing could be removed there; then its
 *   plans and classes go, then the finalizer.
 * - *due*: the spec has changed, the last reading failed and its pause is over, or the relist interval has passed.
 * - otherwise it waits.
 */
export function decideBroker(observed: BrokerObserved): BrokerAction {
  const { metadata, status = {} } = observed.broker;
  const finalized = metadata.finalizers?.includes(FINALIZER) ?? false;
  if (metadata.deletionTimestamp !== undefined) {
    return finalized ? decideRemoval(observed, status) : { type: 'wait' };
  }
  if (!finalized) return { type: 'adopt' };
  const generation = metadata.generation ?? 1;
  if (isPostponed(status, generation, { now: observed.now, brokerHasChanged: false }))
    return waitUntil(nextAttemptAt(status.retry));
  if ((status.reconciledGeneration ?? 0) < generation || !isTrue(status, 'Ready')) return { type: 'sync' };
  const relistAt = nextRelistAt(observed, status);
  return relistAt !== undefined && relistAt <= observed.now ? { type: 'sync' } : waitUntil(relistAt);
}

function decideRemoval(observed: BrokerObserved, status: BrokerStatus): BrokerAction {
  const { instances, now } = observed;
  if (instances.length === 0) return observed.offerings > 0 ? { type: 'remove-offerings' } : { type: 'release' };
  const shown = [...instances].sort().slice(0, 10);
  const more = instances.length - shown.length;
  return {
    type: 'report',
    status: ready(
      // That its catalog could not be read is of no interest any more.
      withConditions(without(status, 'retry', 'operationStartTime'), { remove: ['Failed'] }, new Date(now)),
      'False',
      'DeletionBlockedByExistingInstances',
      `The broker still has instances; it is removed when they are gone. Delete: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
      now,
    ),
  };
}

/** When the catalog is to be read again; undefined when only on demand. Admission may not have seen the broker. */
function nextRelistAt({ broker, relistIntervalMs }: BrokerObserved, status: BrokerStatus): number | undefined {
  const { relistBehavior, relistDuration } = broker.spec;
  if (relistBehavior === 'Manual') return undefined;
  const own = relistDuration === undefined ? undefined : parseGoDuration(relistDuration);
  const interval = own === undefined || own <= 0 ? relistIntervalMs : Math.max(own, MINIMUM_RELIST_MS);
  return Date.parse(status.lastCatalogRetrievalTime ?? '1970-01-01T00:00:00Z') + interval;
}

function waitUntil(wakeAt: number | undefined): BrokerAction {
  return wakeAt === undefined ? { type: 'wait' } : { type: 'wait', wakeAt };
}
