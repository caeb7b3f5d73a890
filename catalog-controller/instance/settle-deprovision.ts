import { withConditions } from '../../lib/catalog/conditions.ts';
import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { DeprovisionResponse } from '../../lib/osb/types.ts';
import { failureOf } from '../operation/failure.ts';
import type { Failure } from '../operation/failure.ts';
import { ASYNC_OPERATION, acknowledge, failed, ready, withAsyncOperation, without } from '../operation/record.ts';
import { afterFailure, isPastGiveUp, nextAfter, withRetryText } from '../operation/retry.ts';
import type { InstanceSettled } from './action.ts';
import type { InstanceObserved } from './observed.ts';

/** What the answer to a DELETE of the instance means, whether it removes the instance or what an attempt left. */
export function settleDeprovision(observed: InstanceObserved, outcome: Outcome<DeprovisionResponse>): InstanceSettled {
  const { instance, now } = observed;
  const status = acknowledge(instance.status ?? {}, instance.metadata.generation ?? 1, now);
  switch (outcome.kind) {
    case 'success':
      return removed(observed, status);
    case 'accepted':
      return { status: removing(status, outcome.operation, now), release: false };
    case 'rejected':
    case 'failed':
    case 'timed-out':
    case 'unreachable':
    case 'nonsense':
      return { status: notRemoved(observed, status, failureOf(outcome)), release: false };
  }
}

/** Nothing of the instance is left at the broker. */
export function removed(observed: InstanceObserved, status: ServiceInstanceStatus): InstanceSettled {
  return status.orphanMitigationInProgress === true
    ? { status: mitigated(observed, status), release: observed.instance.metadata.deletionTimestamp !== undefined }
    : { status: deprovisioned(status, observed.now), release: true };
}

function deprovisioned(status: ServiceInstanceStatus, now: number): ServiceInstanceStatus {
  return withConditions<ServiceInstanceStatus>(
    {
      ...nothingInProgress(status),
      provisionStatus: 'NotProvisioned',
      deprovisionStatus: 'Succeeded',
    },
    {
      set: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'DeprovisionedSuccessfully',
          message: 'The instance was deprovisioned successfully',
        },
      ],
      remove: ['Failed', 'OrphanMitigation'],
    },
    new Date(now),
  );
}

/** Provisioning starts over, after the pause that the failures so far have earned. */
function mitigated(observed: InstanceObserved, status: ServiceInstanceStatus): ServiceInstanceStatus {
  const { now, policy } = observed;
  const next: ServiceInstanceStatus = withConditions<ServiceInstanceStatus>(
    {
      ...without(nothingInProgress(status), 'orphanMitigationInProgress'),
      ...(status.operationStartTime === undefined ? {} : { operationStartTime: status.operationStartTime }),
      provisionStatus: 'NotProvisioned',
      deprovisionStatus: 'Succeeded',
    },
    { remove: ['OrphanMitigation'] },
    new Date(now),
  );
  const message = 'What a failed attempt may have left at the broker was removed.';
  if (isPastGiveUp(status.operationStartTime, observed, policy)) {
    return failed(
      ready(next, 'False', 'OrphanMitigationSuccessful', message, now),
      'ErrorReconciliationRetryTimeout',
      'Provisioning was tried for as long as is allowed; it is tried again when the spec changes.',
      now,
    );
  }
  const retry = nextAfter(status.retry, observed, policy);
  return ready({ ...next, retry }, 'False', 'OrphanMitigationSuccessful', withRetryText(message, retry), now);
}

function removing(status: ServiceInstanceStatus, operation: string | undefined, now: number): ServiceInstanceStatus {
  const next = withAsyncOperation(status, operation, now);
  return status.orphanMitigationInProgress === true
    ? next
    : ready(next, 'False', 'Deprovisioning', 'The instance is being deprovisioned asynchronously', now);
}

/** Tried again for ever, ever more slowly; after a week without success Failed says so as well. */
export function notRemoved(
  observed: InstanceObserved,
  before: ServiceInstanceStatus,
  failure: Failure,
): ServiceInstanceStatus {
  const { now, policy } = observed;
  const status: ServiceInstanceStatus = without(before, ...ASYNC_OPERATION);
  const retry = afterFailure(status.retry, observed, policy, failure);
  const mitigating = status.orphanMitigationInProgress === true;
  const message = withRetryText(`The instance was not deprovisioned: ${failure.message}`, retry);
  const next = ready(
    { ...status, retry },
    'Unknown',
    mitigating ? 'OrphanMitigationFailed' : 'DeprovisionCallFailed',
    message,
    now,
  );
  if (mitigating || !isPastGiveUp(status.operationStartTime, observed, policy)) return next;
  return withConditions(
    { ...next, deprovisionStatus: 'Failed' },
    { set: [{ type: 'Failed', status: 'True', reason: 'ErrorReconciliationRetryTimeout', message }] },
    new Date(now),
  );
}

function nothingInProgress(status: ServiceInstanceStatus): ServiceInstanceStatus {
  return {
    ...without(status, 'inProgressProperties', 'externalProperties', 'operationStartTime', ...ASYNC_OPERATION, 'retry'),
    currentOperation: '',
  };
}
