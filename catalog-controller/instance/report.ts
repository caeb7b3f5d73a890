import type { Reason } from '../../lib/catalog/reasons.ts';
import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import { acknowledge, ready } from '../operation/record.ts';
import { afterFailure, nextAttemptAt, withRetryText } from '../operation/retry.ts';
import type { InstanceAction } from './action.ts';
import type { InstanceObserved } from './observed.ts';

/** Something is missing that others have to put right; a change there wakes the instance. */
export function notReady(observed: InstanceObserved, reason: Reason, message: string): InstanceAction {
  const { instance, userSpecified } = observed;
  const status = acknowledge(instance.status ?? {}, instance.metadata.generation ?? 1, observed.now);
  return {
    type: 'report',
    status: ready(
      {
        ...status,
        deprovisionStatus: status.deprovisionStatus ?? 'NotRequired',
        userSpecifiedClassName: userSpecified.className,
        userSpecifiedPlanName: userSpecified.planName,
      },
      'False',
      reason,
      message,
      observed.now,
    ),
  };
}

/** Secrets are not watched, so what is wrong with them is looked at again with back-off. */
export function reportParameterError(observed: InstanceObserved, message: string): InstanceAction {
  const { instance, now } = observed;
  const status = acknowledge(instance.status ?? {}, instance.metadata.generation ?? 1, now);
  const retry = afterFailure(status.retry, observed, observed.policy);
  return {
    type: 'report',
    status: ready(
      {
        ...status,
        retry,
        deprovisionStatus: status.deprovisionStatus ?? 'NotRequired',
        userSpecifiedClassName: observed.userSpecified.className,
        userSpecifiedPlanName: observed.userSpecified.planName,
      },
      'False',
      'ErrorWithParameters',
      withRetryText(message, retry),
      now,
    ),
    wakeAt: Date.parse(retry.nextAttemptTime),
  };
}

/** Nothing before the next attempt is due. */
export function waitForRetry(status: ServiceInstanceStatus): InstanceAction {
  const wakeAt = nextAttemptAt(status.retry);
  return wakeAt === undefined ? { type: 'wait' } : { type: 'wait', wakeAt };
}
