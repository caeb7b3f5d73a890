import type { ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { LastOperation } from '../../lib/osb/types.ts';
import { withDetail } from '../operation/detail.ts';
import { bounded, failureOf } from '../operation/failure.ts';
import type { Failure } from '../operation/failure.ts';
import { asyncStart, ready } from '../operation/record.ts';
import { isPollingOver, pollDelay } from '../operation/retry.ts';
import type { BindingSettled } from './action.ts';
import { withBindingMitigation } from './mitigation.ts';
import type { BindingObserved } from './observed.ts';
import { bound } from './settle-bind.ts';
import { notUnbound, unbound } from './settle-unbind.ts';

/** What an answer of last_operation of a binding means. */
export function settleBindingPoll(observed: BindingObserved, outcome: Outcome<LastOperation>): BindingSettled {
  const status = observed.binding.status ?? {};
  const removing = status.orphanMitigationInProgress === true || status.currentOperation === 'Unbind';
  switch (outcome.kind) {
    case 'success':
      if (outcome.status === 410) return gone(observed, status, removing);
      return answered(observed, status, removing, outcome.body, outcome.retryAfterSeconds);
    case 'accepted':
      return inProgress(observed, status, removing, undefined, outcome.retryAfterSeconds);
    case 'rejected':
      if (outcome.status === 410) return gone(observed, status, removing);
      // The broker does not know the operation (any more), so its end will never be reported.
      if (outcome.status === 400 || outcome.status === 404) {
        return ended(observed, status, removing, failureOf(outcome));
      }
      return unanswered(observed, status, removing, failureOf(outcome));
    case 'failed':
    case 'timed-out':
    case 'unreachable':
    case 'nonsense':
      return unanswered(observed, status, removing, failureOf(outcome));
  }
}

function answered(
  observed: BindingObserved,
  status: ServiceBindingStatus,
  removing: boolean,
  answer: LastOperation,
  retryAfterSeconds: number | undefined,
): BindingSettled {
  switch (answer.state) {
    case 'in progress':
      return inProgress(observed, status, removing, answer.description, retryAfterSeconds);
    case 'succeeded':
      if (removing) return unbound(observed, status);
      return {
        status: ready(
          bound(status),
          'False',
          'Binding',
          'The broker has made the binding; its credentials are being fetched',
          observed.now,
        ),
        release: false,
      };
    case 'failed':
      return ended(observed, status, removing, failedWith(answer.description ?? 'the broker says that it failed'));
  }
}

function failedWith(message: string): Failure {
  return {
    effect: 'unknown',
    status: undefined,
    code: undefined,
    notBeforeMs: 0,
    updateRepeatable: true,
    message: bounded(message),
  };
}

/** The operation has ended without success. */
function ended(
  observed: BindingObserved,
  status: ServiceBindingStatus,
  removing: boolean,
  failure: Failure,
): BindingSettled {
  const next = removing
    ? notUnbound(observed, status, failure)
    : withBindingMitigation(status, `The broker did not make the binding: ${failure.message}.`, observed.now);
  return { status: next, release: false };
}

function gone(observed: BindingObserved, status: ServiceBindingStatus, removing: boolean): BindingSettled {
  return removing
    ? unbound(observed, status)
    : ended(observed, status, removing, failedWith('the broker does not know the binding'));
}

function inProgress(
  observed: BindingObserved,
  status: ServiceBindingStatus,
  removing: boolean,
  description: string | undefined,
  retryAfterSeconds: number | undefined,
): BindingSettled {
  const over = timeIsUp(observed, status, removing);
  if (over !== undefined) return over;
  const text = removing ? 'The binding is being deleted asynchronously' : 'The binding is being created asynchronously';
  const message = withDetail(text, description ?? '');
  return {
    status:
      status.orphanMitigationInProgress === true
        ? status
        : ready(status, 'False', removing ? 'Unbinding' : 'Binding', message, observed.now),
    release: false,
    wakeAt: observed.now + pollDelay(asyncStart(status), observed, observed.policy, retryAfterSeconds),
  };
}

/** The broker could not be asked. The operation goes on there, so it is asked again, for as long as polling may last. */
function unanswered(
  observed: BindingObserved,
  status: ServiceBindingStatus,
  removing: boolean,
  failure: Failure,
): BindingSettled {
  const over = timeIsUp(observed, status, removing);
  if (over !== undefined) return over;
  const seconds = observed.policy.pollMaximumMs / 1000;
  return {
    status: ready(
      status,
      'False',
      'ErrorPollingLastOperation',
      `The broker could not be asked how the operation stands: ${failure.message}. It is asked again, at intervals that grow to ${seconds} s.`,
      observed.now,
    ),
    release: false,
    wakeAt: observed.now + pollDelay(asyncStart(status), observed, observed.policy, failure.notBeforeMs / 1000),
  };
}

/** An operation that has gone on for too long is taken for failed. */
function timeIsUp(
  observed: BindingObserved,
  status: ServiceBindingStatus,
  removing: boolean,
): BindingSettled | undefined {
  const { resolution, policy } = observed;
  const seconds = resolution.found ? resolution.maximumPollingSeconds : undefined;
  if (!isPollingOver(asyncStart(status), observed, policy, seconds)) return undefined;
  return ended(observed, status, removing, failedWith('the broker did not end the operation in time'));
}
