import { formatTime, withConditions } from '../../lib/catalog/conditions.ts';
import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { ProvisionResponse } from '../../lib/osb/types.ts';
import { failureOf } from '../operation/failure.ts';
import type { Failure } from '../operation/failure.ts';
import { acknowledge, failed, ready, without } from '../operation/record.ts';
import { afterFailure, isPastGiveUp, withRetryText } from '../operation/retry.ts';
import type { InstanceSettled } from './action.ts';
import { withMitigation } from './mitigation.ts';
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
      return { status: provisioned(status, outcome.body.dashboard_url, now), release: false };
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

/** The instance exists and is as the intent says. */
export function provisioned(
  status: ServiceInstanceStatus,
  dashboardURL: string | undefined,
  now: number,
): ServiceInstanceStatus {
  const done = without(
    status,
    'inProgressProperties',
    'operationStartTime',
    'asyncOpInProgress',
    'lastOperation',
    'retry',
  );
  return withConditions<ServiceInstanceStatus>(
    {
      ...done,
      currentOperation: '',
      provisionStatus: 'Provisioned',
      deprovisionStatus: 'Required',
      reconciledGeneration: status.observedGeneration ?? 0,
      ...(status.inProgressProperties === undefined ? {} : { externalProperties: status.inProgressProperties }),
      ...(dashboardURL === undefined ? {} : { dashboardURL }),
    },
    {
      set: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'ProvisionedSuccessfully',
          message: 'The instance was provisioned successfully',
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
      ...without(status, 'lastOperation'),
      asyncOpInProgress: true,
      operationStartTime: formatTime(new Date(now)),
      ...(operation === undefined ? {} : { lastOperation: operation }),
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
  outcome: Parameters<typeof failureOf>[0],
): ServiceInstanceStatus {
  const { now, policy } = observed;
  const failure = failureOf(outcome);
  const answered = failure.status !== undefined;
  const reason = answered ? 'ProvisionCallFailed' : 'ErrorCallingProvision';
  const message = `The instance was not provisioned: ${failure.message}`;
  if (failure.effect === 'unknown' || isOurRemains(observed, failure, mayHaveBeenSent)) {
    return withMitigation(status, reason, `${message}.`, now);
  }
  // A refusal of this request says nothing about an earlier one that may have gone through.
  const unknown = mayHaveBeenSent || failure.code === 'ConcurrencyError';
  const next: ServiceInstanceStatus = { ...status, deprovisionStatus: unknown ? 'Required' : 'NotRequired' };
  if (failure.status === 400) {
    return failed(
      ready({ ...ended(next, unknown) }, 'False', 'ProvisionCallFailed', message, now),
      'ClusterServiceBrokerReturnedFailure',
      `${message}. It is tried again when the spec changes.`,
      now,
    );
  }
  if (isPastGiveUp(status.operationStartTime, observed, policy)) {
    return failed(
      ready({ ...ended(next, unknown) }, 'False', reason, message, now),
      'ErrorReconciliationRetryTimeout',
      `${message}. It was tried for as long as is allowed; it is tried again when the spec changes.`,
      now,
    );
  }
  const retry = afterFailure(status.retry, observed, policy, failure);
  return ready({ ...next, retry }, 'False', reason, withRetryText(message, retry), now);
}

/** 409 where nobody but an earlier attempt of this very instance can have used the id. */
function isOurRemains({ instance }: InstanceObserved, failure: Failure, mayHaveBeenSent: boolean): boolean {
  return failure.status === 409 && (mayHaveBeenSent || instance.spec.externalID === instance.metadata.uid);
}

/** The operation is over. Where something may exist at the broker, what was asked for is kept to remove it by. */
function ended(status: ServiceInstanceStatus, unknown: boolean): ServiceInstanceStatus {
  const rest = without(status, 'operationStartTime', 'retry');
  return { ...(unknown ? rest : without(rest, 'inProgressProperties')), currentOperation: '' };
}
