import type { Reason } from '../../lib/catalog/reasons.ts';
import type { ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';
import { acknowledge, ready } from '../operation/record.ts';
import { afterFailure, CHEAP_LOOK_MAXIMUM_MS, nextAttemptAt, withRetryText } from '../operation/retry.ts';
import type { RetryPolicy } from '../operation/retry.ts';
import type { BindingAction } from './action.ts';
import type { BindingObserved } from './observed.ts';

/** What the foreign Secret is, and what to do about it. */
function foreignSecretText(observed: BindingObserved): string {
  return (
    `Secret ${observed.binding.spec.secretName ?? ''} exists and does not belong to this binding. ` +
    'It is left alone; rename or delete it, or use another secretName.'
  );
}

/** Somebody else's Secret is in the way. Whether it still is costs one GET, so nobody waits long after removing it. */
export function reportForeignSecret(observed: BindingObserved): BindingAction {
  const { backoff } = observed.policy;
  const maximumMs = Math.min(backoff.maximumMs, CHEAP_LOOK_MAXIMUM_MS);
  const policy = { ...observed.policy, backoff: { ...backoff, maximumMs } };
  return reportFailure(observed, 'ErrorInjectingBindResult', foreignSecretText(observed), policy);
}

/** Something is missing that others have to put right; a change there wakes the binding. */
export function notReady(observed: BindingObserved, reason: Reason, message: string): BindingAction {
  const { binding, now } = observed;
  const status = acknowledge(binding.status ?? {}, binding.metadata.generation ?? 1, now);
  return { type: 'report', status: ready(withUnbindStatus(status), 'False', reason, message, now) };
}

/** Something is wrong that is not watched, so it is looked at again with back-off. */
export function reportFailure(
  observed: BindingObserved,
  reason: Reason,
  message: string,
  policy: RetryPolicy = observed.policy,
): BindingAction {
  const { binding, now } = observed;
  const status = acknowledge(binding.status ?? {}, binding.metadata.generation ?? 1, now);
  const retry = afterFailure(status.retry, observed, policy);
  return {
    type: 'report',
    status: ready({ ...withUnbindStatus(status), retry }, 'False', reason, withRetryText(message, retry), now),
    wakeAt: Date.parse(retry.nextAttemptTime),
  };
}

/** A status that says whether there is something to unbind. */
export function withUnbindStatus(status: ServiceBindingStatus): ServiceBindingStatus {
  return { ...status, unbindStatus: status.unbindStatus ?? 'NotRequired' };
}

/** Nothing before the next attempt is due. */
export function waitForRetry(status: ServiceBindingStatus): BindingAction {
  const wakeAt = nextAttemptAt(status.retry);
  return wakeAt === undefined ? { type: 'wait' } : { type: 'wait', wakeAt };
}
