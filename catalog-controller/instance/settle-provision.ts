import { withConditions } from '../../lib/catalog/conditions.ts';
import type { Reason } from '../../lib/catalog/reasons.ts';
import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { ProvisionResponse } from '../../lib/osb/types.ts';
import { failureOf, isRefused } from '../operation/failure.ts';
import { shownLabels, withDetail } from '../operation/detail.ts';
import type { FailedOutcome, Failure } from '../operation/failure.ts';
import { ASYNC_OPERATION, acknowledge, failed, ready, withAsyncOperation, without } from '../operation/record.ts';
import { afterFailure, isPastGiveUp, withRetryText } from '../operation/retry.ts';
import type { InstanceSettled } from './action.ts';
import { carriedOut } from './carried-out.ts';
import { isImported, withMitigation } from './mitigation.ts';
import type { InstanceObserved } from './observed.ts';

/** What the answer to a PUT of the instance means. */
export function settleProvision(
  observed: InstanceObserved,
  mayHaveBeenSent: boolean,
  outcome: Outcome<ProvisionResponse>,
): InstanceSettled {
  const { instance, now } = observed;
  const status = acknowledge(instance.status ?? {}, instance.metadata.generation ?? 1, now);
  switch (outcome.kind) {
    case 'success':
      return {
        status: provisioned(status, outcome.body.dashboard_url, shownLabels(outcome.body.metadata), now),
        release: false,
      };
    case 'accepted':
      return { status: provisioning(status, outcome.operation, outcome.body.dashboard_url, now), release: false };
    case 'rejected':
    case 'failed':
    case 'timed-out':
    case 'unreachable':
    case 'nonsense':
      return { status: notProvisioned(observed, status, mayHaveBeenSent, outcome), release: false };
  }
}

/** The instance exists and is as the intent says. `detail` is what the broker tells about it, empty when nothing. */
export function provisioned(
  status: ServiceInstanceStatus,
  dashboardURL: string | undefined,
  detail: string,
  now: number,
): ServiceInstanceStatus {
  return withConditions<ServiceInstanceStatus>(
    { ...carriedOut(status, dashboardURL), provisionStatus: 'Provisioned', deprovisionStatus: 'Required' },
    {
      set: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'ProvisionedSuccessfully',
          message: withDetail('The instance was provisioned successfully', detail),
        },
      ],
      remove: ['Failed', 'OrphanMitigation'],
    },
    new Date(now),
  );
}

function provisioning(
  status: ServiceInstanceStatus,
  operation: string | undefined,
  dashboardURL: string | undefined,
  now: number,
): ServiceInstanceStatus {
  return ready(
    {
      ...withAsyncOperation(status, operation, now),
      ...(dashboardURL === undefined ? {} : { dashboardURL }),
    },
    'False',
    'Provisioning',
    'The instance is being provisioned asynchronously',
    now,
  );
}

function notProvisioned(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  mayHaveBeenSent: boolean,
  outcome: FailedOutcome,
): ServiceInstanceStatus {
  const { now, policy } = observed;
  const failure = failureOf(outcome);
  const reason = failure.status === undefined ? 'ErrorCallingProvision' : 'ProvisionCallFailed';
  const message = `The instance was not provisioned: ${failure.message}`;
  // A refusal of this request says nothing about an earlier one that may have gone through.
  const unknown = (mayHaveBeenSent && !isSomebodyElses(observed, failure)) || failure.code === 'ConcurrencyError';
  const isOver = isRefused(failure) || isPastGiveUp(status.operationStartTime, observed, policy);
  if (failure.effect === 'unknown' || isOurRemains(observed, failure) || (unknown && isOver)) {
    return unclear(observed, status, reason, message);
  }
  const next: ServiceInstanceStatus = { ...status, deprovisionStatus: unknown ? 'Required' : 'NotRequired' };
  if (isOver) {
    const ended: ServiceInstanceStatus = {
      ...without(next, 'operationStartTime', 'retry', 'inProgressProperties'),
      currentOperation: '',
    };
    return failed(
      ready(ended, 'False', reason, message, now),
      isRefused(failure) ? 'ClusterServiceBrokerReturnedFailure' : 'ErrorReconciliationRetryTimeout',
      `${message}. It is tried again when the spec changes.`,
      now,
    );
  }
  const retry = afterFailure(status.retry, observed, policy, failure);
  return ready({ ...next, retry }, 'False', reason, withRetryText(message, retry), now);
}

/**
 * An attempt has failed and may have left something at the broker: that is removed. Not so for an instance whose user
 * chose the external id: it may be the import of one that existed before, which nobody wants removed for a failed
 * request. There the same request is sent again.
 */
export function unclear(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  reason: Reason,
  message: string,
): ServiceInstanceStatus {
  const { now, policy } = observed;
  if (!isImported(observed)) return withMitigation(status, reason, `${message}.`, now);
  const text = `${message}. The external id was chosen by the user, so nothing is removed at the broker`;
  const next: ServiceInstanceStatus = {
    ...without(status, ...ASYNC_OPERATION),
    currentOperation: 'Provision',
    deprovisionStatus: 'Required',
  };
  if (isPastGiveUp(status.operationStartTime, observed, policy)) {
    return failed(
      ready(next, 'False', reason, text, now),
      'ErrorReconciliationRetryTimeout',
      `${text}. It is tried again when the spec changes.`,
      now,
    );
  }
  const retry = afterFailure(status.retry, observed, policy);
  return ready({ ...next, retry }, 'False', reason, withRetryText(text, retry), now);
}

/** 409 where nobody but an earlier attempt of this very instance can have used the id. */
function isOurRemains(observed: InstanceObserved, failure: Failure): boolean {
  return failure.status === 409 && !isImported(observed);
}

/** 409 for an id that the user chose: what is there is not what was asked for, so it is not touched. */
function isSomebodyElses(observed: InstanceObserved, failure: Failure): boolean {
  return failure.status === 409 && isImported(observed);
}
