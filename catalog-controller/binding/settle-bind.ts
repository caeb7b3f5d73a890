import { withConditions } from '../../lib/catalog/conditions.ts';
import { hasGeneratedId } from '../../lib/catalog/external-id.ts';
import type { ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { BindResponse } from '../../lib/osb/types.ts';
import { failureOf, isRefused } from '../operation/failure.ts';
import type { FailedOutcome } from '../operation/failure.ts';
import { ASYNC_OPERATION, acknowledge, failed, ready, withAsyncOperation, without } from '../operation/record.ts';
import { afterFailure, isPastGiveUp, withRetryText } from '../operation/retry.ts';
import type { BindingSettled, Injection } from './action.ts';
import { withBindingMitigation } from './mitigation.ts';
import type { BindingObserved } from './observed.ts';

/** What the answer to a PUT of the binding means; `injection` is how writing the Secret ended, if there was one to write. */
export function settleBind(
  observed: BindingObserved,
  mayHaveBeenSent: boolean,
  outcome: Outcome<BindResponse>,
  injection: Injection | undefined,
): BindingSettled {
  const { binding, now } = observed;
  const status = acknowledge(binding.status ?? {}, binding.metadata.generation ?? 1, now);
  switch (outcome.kind) {
    case 'success':
      return { status: withInjection(observed, bound(status), injection), release: false };
    case 'accepted':
      return { status: bindingAsync(status, outcome.operation, now), release: false };
    case 'rejected':
    case 'failed':
    case 'timed-out':
    case 'unreachable':
    case 'nonsense':
      return { status: notBound(observed, status, mayHaveBeenSent, outcome), release: false };
  }
}

/** The broker has the binding; whether the Secret is there is another matter. */
export function bound(status: ServiceBindingStatus): ServiceBindingStatus {
  return {
    ...without(status, 'inProgressProperties', 'operationStartTime', ...ASYNC_OPERATION, 'orphanMitigationInProgress'),
    currentOperation: '',
    unbindStatus: 'Required',
    externalProperties: status.inProgressProperties ?? status.externalProperties ?? {},
  };
}

/** A bound binding after an attempt to write its Secret. */
export function withInjection(
  observed: BindingObserved,
  status: ServiceBindingStatus,
  injection: Injection | undefined,
): ServiceBindingStatus {
  if (injection?.ok === true) return injected(observed, status);
  const retry = afterFailure(status.retry, observed, observed.policy);
  const message = injection?.message ?? 'The Secret was not written.';
  return ready({ ...status, retry }, 'False', 'ErrorInjectingBindResult', withRetryText(message, retry), observed.now);
}

/** The Secret holds the credentials. */
export function injected({ binding, now }: BindingObserved, status: ServiceBindingStatus): ServiceBindingStatus {
  const { secretName = '' } = binding.spec;
  return withConditions<ServiceBindingStatus>(
    { ...without(status, 'retry'), reconciledGeneration: status.observedGeneration ?? 0 },
    {
      set: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'InjectedBindResult',
          message: `Injected bind result: Secret ${secretName} holds the credentials`,
        },
      ],
      remove: ['Failed'],
    },
    new Date(now),
  );
}

/** The broker makes the binding by itself. */
export function bindingAsync(
  status: ServiceBindingStatus,
  operation: string | undefined,
  now: number,
): ServiceBindingStatus {
  return ready(
    {
      ...withAsyncOperation(status, operation, now),
      currentOperation: 'Bind',
    },
    'False',
    'Binding',
    'The binding is being created asynchronously',
    now,
  );
}

function notBound(
  observed: BindingObserved,
  status: ServiceBindingStatus,
  mayHaveBeenSent: boolean,
  outcome: FailedOutcome,
): ServiceBindingStatus {
  const { now, policy, binding } = observed;
  const failure = failureOf(outcome);
  const message = `The broker did not make the binding: ${failure.message}`;
  // A refusal of this request says nothing about an earlier one that may have gone through.
  const unknown = mayHaveBeenSent || failure.code === 'ConcurrencyError';
  const isOurs = mayHaveBeenSent || hasGeneratedId(binding, observed.admissionIsTrusted);
  const refused = isRefused(failure);
  const isOver = refused || isPastGiveUp(status.operationStartTime, observed, policy);
  if (failure.effect === 'unknown' || (failure.status === 409 && isOurs) || (unknown && isOver)) {
    return withBindingMitigation(status, `${message}.`, now);
  }
  const next: ServiceBindingStatus = { ...status, unbindStatus: unknown ? 'Required' : 'NotRequired' };
  if (isOver) {
    const ended: ServiceBindingStatus = {
      ...without(next, 'operationStartTime', 'retry', 'inProgressProperties'),
      currentOperation: '',
      reconciledGeneration: status.observedGeneration ?? 0,
    };
    return failed(
      ready(ended, 'False', 'BindCallFailed', message, now),
      refused ? 'ServiceBindingReturnedFailure' : 'ErrorReconciliationRetryTimeout',
      `${message}. Delete the binding and create it again when the cause is gone.`,
      now,
    );
  }
  const retry = afterFailure(status.retry, observed, policy, failure);
  return ready({ ...next, retry }, 'False', 'BindCallFailed', withRetryText(message, retry), now);
}
