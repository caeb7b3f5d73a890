import { isTrue } from '../../lib/catalog/conditions.ts';
import type { ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';
import { isPostponed, ready } from '../operation/record.ts';
import type { BindingAction } from './action.ts';
import { recordedCall } from './call.ts';
import { reportFailure, reportForeignSecret, waitForRetry } from './report.ts';
import { bindRequest } from './intent.ts';
import type { BindingObserved } from './observed.ts';
import { injected } from './settle-bind.ts';

/** A binding that exists at the broker: its Secret is written, and written again when it was deleted or changed. */
export function decideDelivery(observed: BindingObserved, status: ServiceBindingStatus): BindingAction {
  const { binding, secret, now, resolution, parameters } = observed;
  const isReady = isTrue(status, 'Ready');
  if (isPostponed(status, binding.metadata.generation ?? 0, observed)) return waitForRetry(status);
  if (secret === undefined) {
    const checkIsDue = !isReady || observed.nextSecretCheckAt <= now;
    return checkIsDue ? { type: 'look', at: 'secret' } : { type: 'wait', wakeAt: observed.nextSecretCheckAt };
  }
  if (secret === 'intact') {
    return isReady ? { type: 'wait' } : { type: 'report', status: injected(observed, status) };
  }
  if (secret === 'foreign') return reportForeignSecret(observed);
  const call = recordedCall(observed, status);
  if (call === undefined || !observed.recordedBrokerExists) {
    return {
      type: 'report',
      status: ready(
        status,
        'False',
        'ReferencesNonexistentBroker',
        'The Secret is gone and the broker that could tell the credentials does not exist. Register it again.',
        now,
      ),
    };
  }
  const retrievable = resolution.found && resolution.retrievable;
  if (parameters === undefined && !retrievable) return { type: 'look', at: 'parameters' };
  if (parameters?.ok === false && !retrievable) {
    return reportFailure(observed, 'ErrorWithParameters', parameters.message);
  }
  return {
    ...call,
    type: 'deliver',
    retrievable,
    request: bindRequest(observed, call.target, parameters?.ok === true ? parameters : undefined),
  };
}
