import { withConditions } from '../../lib/catalog/conditions.ts';
import type { ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { UnbindResponse } from '../../lib/osb/types.ts';
import { failureOf } from '../operation/failure.ts';
import type { Failure } from '../operation/failure.ts';
import { ASYNC_OPERATION, acknowledge, failed, ready, withAsyncOperation, without } from '../operation/record.ts';
import { afterFailure, isPastGiveUp, nextAfter, withRetryText } from '../operation/retry.ts';
import type { BindingSettled } from './action.ts';
import type { BindingObserved } from './observed.ts';

/** What the answer to a DELETE of the binding means, whether it removes the binding or what an attempt left. */
export function settleUnbind(observed: BindingObserved, outcome: Outcome<UnbindResponse>): BindingSettled {
  const { binding, now } = observed;
  const status = acknowledge(binding.status ?? {}, binding.metadata.generation ?? 1, now);
  switch (outcome.kind) {
    case 'success':
      return unbound(observed, status);
    case 'accepted':
      return { status: unbinding(status, outcome.operation, now), release: false };
    case 'rejected':
    case 'failed':
    case 'timed-out':
    case 'unreachable':
    case 'nonsense':
      return { status: notUnbound(observed, status, failureOf(outcome)), release: false };
  }
}

/** The Secret could not be deleted, so the broker was not asked yet. */
export function settleEjectFailure(observed: BindingObserved, message: string): BindingSettled {
  const { binding, now, policy } = observed;
  const status = acknowledge(binding.status ?? {}, binding.metadata.generation ?? 1, now);
  const retry = afterFailure(status.retry, observed, policy);
  return {
    status: ready(
      { ...status, retry },
      'Unknown',
      'ErrorEjectingServiceBinding',
      withRetryText(`The Secret was not deleted: ${message}`, retry),
      now,
    ),
    release: false,
  };
}

/** Nothing of the binding is left at the broker. */
export function unbound(observed: BindingObserved, status: ServiceBindingStatus): BindingSettled {
  const { now, binding } = observed;
  const done: ServiceBindingStatus = {
    ...without(
      status,
      'inProgressProperties',
      'externalProperties',
      ...ASYNC_OPERATION,
      'retry',
      'orphanMitigationInProgress',
      'operationStartTime',
    ),
    currentOperation: '',
    unbindStatus: 'Succeeded',
  };
  if (status.orphanMitigationInProgress === true) {
    return {
      status: mitigated(observed, status, done),
      release: binding.metadata.deletionTimestamp !== undefined,
    };
  }
  return {
    status: ready(done, 'False', 'UnboundSuccessfully', 'The binding was deleted successfully', now),
    release: true,
  };
}

/** Binding starts over, after the pause that the failures so far have earned. */
function mitigated(
  observed: BindingObserved,
  status: ServiceBindingStatus,
  done: ServiceBindingStatus,
): ServiceBindingStatus {
  const { now, policy } = observed;
  const message = 'What a failed attempt may have left at the broker was removed.';
  if (isPastGiveUp(status.operationStartTime, observed, policy)) {
    return failed(
      ready(done, 'False', 'OrphanMitigationSuccessful', message, now),
      'ErrorReconciliationRetryTimeout',
      'Binding was tried for as long as is allowed. Delete the binding and create it again when the cause is gone.',
      now,
    );
  }
  const retry = nextAfter(status.retry, observed, policy);
  return ready(
    {
      ...done,
      retry,
      ...(status.operationStartTime === undefined ? {} : { operationStartTime: status.operationStartTime }),
    },
    'False',
    'OrphanMitigationSuccessful',
    withRetryText(message, retry),
    now,
  );
}

function unbinding(status: ServiceBindingStatus, operation: string | undefined, now: number): ServiceBindingStatus {
  const next = withAsyncOperation(status, operation, now);
  return status.orphanMitigationInProgress === true
    ? next
    : ready(next, 'False', 'Unbinding', 'The binding is being deleted asynchronously', now);
}

/** Tried again for ever, ever more slowly; after a week without success Failed says so as well. */
export function notUnbound(
  observed: BindingObserved,
  before: ServiceBindingStatus,
  failure: Failure,
): ServiceBindingStatus {
  const { now, policy } = observed;
  const status: ServiceBindingStatus = without(before, ...ASYNC_OPERATION);
  const retry = afterFailure(status.retry, observed, policy, failure);
  const mitigating = status.orphanMitigationInProgress === true;
  const message = withRetryText(`The binding was not removed: ${failure.message}`, retry);
  const next = ready(
    { ...status, retry },
    'Unknown',
    mitigating ? 'OrphanMitigationFailed' : 'UnbindCallFailed',
    message,
    now,
  );
  if (mitigating || !isPastGiveUp(status.operationStartTime, observed, policy)) return next;
  return withConditions(
    { ...next, unbindStatus: 'Failed' },
    { set: [{ type: 'Failed', status: 'True', reason: 'ErrorReconciliationRetryTimeout', message }] },
    new Date(now),
  );
}
