import { withConditions } from '../../lib/catalog/conditions.ts';
import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { UpdateInstanceResponse } from '../../lib/osb/types.ts';
import { failureOf, isRefused } from '../operation/failure.ts';
import { shownLabels, withDetail } from '../operation/detail.ts';
import type { Failure } from '../operation/failure.ts';
import { ASYNC_OPERATION, acknowledge, failed, ready, withAsyncOperation, without } from '../operation/record.ts';
import { afterFailure, isPastGiveUp, withRetryText } from '../operation/retry.ts';
import type { InstanceSettled } from './action.ts';
import { carriedOut } from './carried-out.ts';
import { withUnknownParameters } from './intent.ts';
import type { InstanceObserved } from './observed.ts';

/** What the answer to a PATCH of the instance means. */
export function settleUpdate(
  observed: InstanceObserved,
  mayHaveBeenSent: boolean,
  outcome: Outcome<UpdateInstanceResponse>,
): InstanceSettled {
  const { instance, now } = observed;
  const status = acknowledge(instance.status ?? {}, instance.metadata.generation ?? 1, now);
  switch (outcome.kind) {
    case 'success':
      return {
        status: updated(status, outcome.body.dashboard_url, shownLabels(outcome.body.metadata), now),
        release: false,
      };
    case 'accepted':
      return { status: updating(status, outcome.operation, now), release: false };
    case 'rejected':
    case 'failed':
    case 'timed-out':
    case 'unreachable':
    case 'nonsense':
      return { status: notUpdated(observed, status, failureOf(outcome), mayHaveBeenSent), release: false };
  }
}

/** The broker has carried the intent out. `detail` is what it tells about the instance, empty when nothing. */
export function updated(
  status: ServiceInstanceStatus,
  dashboardURL: string | undefined,
  detail: string,
  now: number,
): ServiceInstanceStatus {
  return withConditions<ServiceInstanceStatus>(
    carriedOut(status, dashboardURL),
    {
      set: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'InstanceUpdatedSuccessfully',
          message: withDetail('The instance was updated successfully', detail),
        },
      ],
      remove: ['Failed'],
    },
    new Date(now),
  );
}

function updating(status: ServiceInstanceStatus, operation: string | undefined, now: number): ServiceInstanceStatus {
  return ready(
    {
      ...withAsyncOperation(status, operation, now),
    },
    'False',
    'UpdatingInstance',
    'The instance is being updated asynchronously',
    now,
  );
}

/** The instance goes on as it was, or in between: either way it is still there, and the next attempt says everything. */
export function notUpdated(
  observed: InstanceObserved,
  before: ServiceInstanceStatus,
  failure: Failure,
  mayHaveBeenSent: boolean,
): ServiceInstanceStatus {
  const { now, policy } = observed;
  const status: ServiceInstanceStatus = without(
    failure.effect === 'unknown' || mayHaveBeenSent ? withUnknownParameters(before) : before,
    ...ASYNC_OPERATION,
  );
  const reason = failure.status === undefined ? 'ErrorCallingUpdateInstance' : 'UpdateInstanceCallFailed';
  const message = `The instance was not updated: ${failure.message}`;
  const refused = isRefused(failure) || !failure.updateRepeatable;
  if (refused || isPastGiveUp(status.operationStartTime, observed, policy)) {
    const ended: ServiceInstanceStatus = {
      ...without(status, 'inProgressProperties', 'operationStartTime', 'retry'),
      currentOperation: '',
    };
    return failed(
      ready(ended, 'False', reason, message, now),
      refused ? 'UpdateInstanceCallFailed' : 'ErrorReconciliationRetryTimeout',
      `${message}. It is tried again when the spec changes.`,
      now,
    );
  }
  const retry = afterFailure(status.retry, observed, policy, failure);
  return ready({ ...status, retry }, 'False', reason, withRetryText(message, retry), now);
}
