import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { LastOperation } from '../../lib/osb/types.ts';
import { withDetail } from '../operation/detail.ts';
import { bounded, failureOf } from '../operation/failure.ts';
import type { Failure } from '../operation/failure.ts';
import { asyncStart, ready } from '../operation/record.ts';
import { isPollingOver, pollDelay } from '../operation/retry.ts';
import type { InstanceSettled } from './action.ts';
import type { InstanceObserved } from './observed.ts';
import { notRemoved, removed } from './settle-deprovision.ts';
import { provisioned, unclear } from './settle-provision.ts';
import { notUpdated, updated } from './settle-update.ts';

/** What is being waited for. */
type Operation = 'Provision' | 'Update' | 'Deprovision';

/**
 * What an answer of last_operation means. The generation is not acknowledged here: the operation belongs to the spec
 * it was begun for, and a later spec is acted upon when it has ended.
 */
export function settlePoll(observed: InstanceObserved, outcome: Outcome<LastOperation>): InstanceSettled {
  const status = observed.instance.status ?? {};
  const operation = operationOf(status);
  switch (outcome.kind) {
    case 'success':
      if (outcome.status === 410) return gone(observed, status, operation, 'The broker does not know the instance');
      return answered(observed, status, operation, outcome.body, outcome.retryAfterSeconds);
    case 'accepted':
      return inProgress(observed, status, operation, undefined, outcome.retryAfterSeconds);
    case 'rejected':
      if (outcome.status === 410) return gone(observed, status, operation, 'The broker does not know the instance');
      // The broker does not know the operation (any more), so its end will never be reported.
      if (outcome.status === 400 || outcome.status === 404) {
        return ended(observed, status, operation, failureOf(outcome));
      }
      return unanswered(observed, status, operation, failureOf(outcome));
    case 'failed':
    case 'timed-out':
    case 'unreachable':
    case 'nonsense':
      return unanswered(observed, status, operation, failureOf(outcome));
  }
}

function operationOf(status: ServiceInstanceStatus): Operation {
  if (status.orphanMitigationInProgress === true || status.currentOperation === 'Deprovision') return 'Deprovision';
  return status.currentOperation === 'Update' ? 'Update' : 'Provision';
}

function answered(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  operation: Operation,
  answer: LastOperation,
  retryAfterSeconds: number | undefined,
): InstanceSettled {
  switch (answer.state) {
    case 'in progress':
      return inProgress(observed, status, operation, answer.description, retryAfterSeconds);
    case 'succeeded':
      return succeeded(observed, status, operation, answer.description ?? '');
    case 'failed':
      return ended(observed, status, operation, {
        ...silentFailure,
        status: 200,
        updateRepeatable: answer.update_repeatable !== false,
        message: bounded(answer.description ?? 'the broker says that the operation failed'),
      });
  }
}

const silentFailure: Failure = {
  effect: 'unknown',
  status: undefined,
  code: undefined,
  notBeforeMs: 0,
  updateRepeatable: true,
  message: '',
};

function succeeded(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  operation: Operation,
  detail: string,
): InstanceSettled {
  switch (operation) {
    case 'Provision':
      return { status: provisioned(status, undefined, detail, observed.now), release: false };
    case 'Update':
      return { status: updated(status, undefined, detail, observed.now), release: false };
    case 'Deprovision':
      return removed(observed, status);
  }
}

/** The operation has ended without success. */
function ended(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  operation: Operation,
  failure: Failure,
): InstanceSettled {
  switch (operation) {
    case 'Provision':
      return {
        status: unclear(
          observed,
          status,
          'ProvisionCallFailed',
          `The instance was not provisioned: ${failure.message}`,
        ),
        release: false,
      };
    case 'Update':
      // A poll that is refused is no refusal of the update: the update is repeated.
      return {
        status: notUpdated(observed, status, { ...failure, status: 200, effect: 'unknown' }, true),
        release: false,
      };
    case 'Deprovision':
      return { status: notRemoved(observed, status, failure), release: false };
  }
}

function gone(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  operation: Operation,
  message: string,
): InstanceSettled {
  return operation === 'Deprovision'
    ? removed(observed, status)
    : ended(observed, status, operation, { ...silentFailure, message });
}

function inProgress(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  operation: Operation,
  description: string | undefined,
  retryAfterSeconds: number | undefined,
): InstanceSettled {
  const over = timeIsUp(observed, status, operation);
  if (over !== undefined) return over;
  const texts = {
    Provision: ['Provisioning', 'The instance is being provisioned asynchronously'],
    Update: ['UpdatingInstance', 'The instance is being updated asynchronously'],
    Deprovision: ['Deprovisioning', 'The instance is being deprovisioned asynchronously'],
  } as const;
  const [reason, text] = texts[operation];
  const message = withDetail(text, description ?? '');
  return {
    status: status.orphanMitigationInProgress === true ? status : ready(status, 'False', reason, message, observed.now),
    release: false,
    wakeAt: observed.now + pollDelay(asyncStart(status), observed, observed.policy, retryAfterSeconds),
  };
}

/** The broker could not be asked. The operation goes on there, so it is asked again, for as long as polling may last. */
function unanswered(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  operation: Operation,
  failure: Failure,
): InstanceSettled {
  const over = timeIsUp(observed, status, operation);
  if (over !== undefined) return over;
  const delay = pollDelay(asyncStart(status), observed, observed.policy, failure.notBeforeMs / 1000);
  return {
    status: ready(
      status,
      'False',
      'ErrorPollingLastOperation',
      `The broker could not be asked how the operation stands: ${failure.message}. It is asked again, at intervals that grow to ${observed.policy.pollMaximumMs / 1000} s.`,
      observed.now,
    ),
    release: false,
    wakeAt: observed.now + delay,
  };
}

/** An operation that has gone on for too long is taken for failed. */
function timeIsUp(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  operation: Operation,
): InstanceSettled | undefined {
  const { resolution, policy } = observed;
  const seconds = resolution.found ? resolution.maximumPollingSeconds : undefined;
  if (!isPollingOver(asyncStart(status), observed, policy, seconds)) return undefined;
  return ended(observed, status, operation, {
    ...silentFailure,
    message: 'the broker did not end the operation in time',
  });
}
