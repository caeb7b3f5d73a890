import { formatTime, withConditions } from '../../lib/catalog/conditions.ts';
import type { Reason } from '../../lib/catalog/reasons.ts';
import { bounded } from '../operation/failure.ts';
import { acknowledge, ready, without } from '../operation/record.ts';
import { afterFailure, isPastGiveUp, withRetryText } from '../operation/retry.ts';
import type { BrokerObserved, BrokerStatus, SyncEnd } from './observed.ts';

/** What the end of a reading of the catalog means. */
export function settleSync(observed: BrokerObserved, end: SyncEnd): BrokerStatus {
  const { broker, now } = observed;
  const status = acknowledge(broker.status ?? {}, broker.metadata.generation ?? 1, now);
  switch (end.kind) {
    case 'published':
      return published(observed, status, end);
    case 'no-credentials':
      return failure(observed, status, 'ErrorFetchingCatalog', `The broker cannot be called: ${end.message}.`, 0);
    case 'not-fetched':
      return failure(
        observed,
        status,
        'ErrorFetchingCatalog',
        `The catalog could not be read: ${end.message}.`,
        end.notBeforeMs,
      );
    case 'not-published':
      return failure(observed, status, 'ErrorSyncingCatalog', faultsText(end.faults), 0);
  }
}

function published(
  { broker, now }: BrokerObserved,
  status: BrokerStatus,
  { classes, plans }: Extract<SyncEnd, { kind: 'published' }>,
): BrokerStatus {
  return withConditions<BrokerStatus>(
    {
      ...without(status, 'retry', 'operationStartTime'),
      reconciledGeneration: broker.metadata.generation ?? 1,
      lastCatalogRetrievalTime: formatTime(new Date(now)),
    },
    {
      set: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'FetchedCatalog',
          message: `Successfully fetched catalog entries from broker: ${classes} classes, ${plans} plans`,
        },
      ],
      remove: ['Failed'],
    },
    new Date(now),
  );
}

/** Tried again for ever; after a week without success Failed says so as well. What was published before stays. */
function failure(
  observed: BrokerObserved,
  before: BrokerStatus,
  reason: Reason,
  text: string,
  notBeforeMs: number,
): BrokerStatus {
  const { now, policy } = observed;
  const retry = afterFailure(before.retry, observed, policy, { notBeforeMs, code: undefined });
  const message = withRetryText(bounded(text), retry);
  const status: BrokerStatus = {
    ...before,
    retry,
    operationStartTime: before.operationStartTime ?? formatTime(new Date(now)),
  };
  const next = ready(status, 'False', reason, message, now);
  if (!isPastGiveUp(status.operationStartTime, observed, policy)) return next;
  return withConditions(
    next,
    { set: [{ type: 'Failed', status: 'True', reason: 'ErrorReconciliationRetryTimeout', message }] },
    new Date(now),
  );
}

function faultsText(faults: readonly string[]): string {
  const shown = faults.slice(0, 5).join('; ');
  const more = faults.length > 5 ? `; and ${faults.length - 5} more faults` : '';
  return `The catalog could not be published as it is: ${shown}${more}. What could be published was.`;
}
