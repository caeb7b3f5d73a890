import type { ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { BindResponse } from '../../lib/osb/types.ts';
import { failureOf } from '../operation/failure.ts';
import { acknowledge, ready } from '../operation/record.ts';
import { afterFailure, withRetryText } from '../operation/retry.ts';
import type { BindingSettled, Injection } from './action.ts';
import type { BindingObserved } from './observed.ts';
import { bindingAsync, withInjection } from './settle-bind.ts';

/**
 * What came of getting the credentials of a binding that exists. Whatever the broker answers, the binding is not
 * removed: somebody may be using it.
 */
export function settleDelivery(
  observed: BindingObserved,
  outcome: Outcome<BindResponse>,
  injection: Injection | undefined,
): BindingSettled {
  const { binding, now } = observed;
  const status = acknowledge(binding.status ?? {}, binding.metadata.generation ?? 1, now);
  switch (outcome.kind) {
    case 'success':
      return { status: withInjection(observed, status, injection), release: false };
    case 'accepted':
      return { status: madeAnew(status, outcome.operation, now), release: false };
    case 'rejected':
    case 'failed':
    case 'timed-out':
    case 'unreachable':
    case 'nonsense': {
      const failure = failureOf(outcome);
      const retry = afterFailure(status.retry, observed, observed.policy, failure);
      const message = `The broker did not hand out the credentials: ${failure.message}`;
      return {
        status: ready({ ...status, retry }, 'False', 'FetchingBindingFailed', withRetryText(message, retry), now),
        release: false,
      };
    }
  }
}

/** The broker had lost the binding and makes it again. */
function madeAnew(status: ServiceBindingStatus, operation: string | undefined, now: number): ServiceBindingStatus {
  return {
    ...bindingAsync(status, operation, now),
    ...(status.externalProperties === undefined ? {} : { inProgressProperties: status.externalProperties }),
  };
}
