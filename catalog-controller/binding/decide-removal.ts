import type { ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';
import { acknowledge, isPostponed, ready } from '../operation/record.ts';
import { describeRival } from '../operation/rivals.ts';
import type { BindingAction } from './action.ts';
import { recordedCall } from './call.ts';
import { waitForRetry } from './report.ts';
import { withBindingIntent } from './intent.ts';
import type { BindingObserved } from './observed.ts';

/** Unbinding: intent, then the Secret and DELETE at the broker, then the finalizer. There is no end to trying. */
export function decideUnbinding(observed: BindingObserved, status: ServiceBindingStatus): BindingAction {
  const { binding, now, instance } = observed;
  if (status.orphanMitigationInProgress === true) return decideBindingMitigation(observed, status);
  if (status.unbindStatus !== 'Required' && status.unbindStatus !== 'Failed') return { type: 'release' };
  const generation = binding.metadata.generation ?? 1;
  if (status.asyncOpInProgress === true && status.currentOperation === 'Unbind') {
    return decideBindingPoll(observed, status);
  }
  if (instance?.asyncOpInProgress === true) {
    return {
      type: 'report',
      status: ready(
        acknowledge(status, generation, now),
        'False',
        'ErrorAsyncOperationInProgress',
        `ServiceInstance ${instance.name} is being worked on; the binding is removed when that has ended.`,
        now,
      ),
    };
  }
  if (status.currentOperation !== 'Unbind') {
    return {
      type: 'record-intent',
      status: withBindingIntent(
        observed,
        // Attempts at something else do not count against the removal.
        { ...status, retry: { attempts: 0 } },
        'Unbind',
        'UnbindingRequestInFlight',
        'The request to remove the credentials is being sent to the broker.',
        undefined,
      ),
    };
  }
  if (isPostponed(status, generation, observed)) return waitForRetry(status);
  return unbind(observed, status);
}

/** Removing what a failed attempt may have left. */
export function decideBindingMitigation(observed: BindingObserved, status: ServiceBindingStatus): BindingAction {
  if (status.asyncOpInProgress === true) return decideBindingPoll(observed, status);
  if (isPostponed(status, observed.binding.metadata.generation ?? 1, observed)) return waitForRetry(status);
  return unbind(observed, status);
}

/** An operation the broker works on by itself: ask how it stands, when it is time. */
export function decideBindingPoll(observed: BindingObserved, status: ServiceBindingStatus): BindingAction {
  const { nextPollAt, now } = observed;
  if (nextPollAt !== undefined && nextPollAt > now) return { type: 'wait', wakeAt: nextPollAt };
  const call = recordedCall(observed, status);
  if (call === undefined || !observed.recordedBrokerExists) return brokerIsGone(observed, status);
  return { ...call, type: 'poll', operation: status.lastOperation };
}

function unbind(observed: BindingObserved, status: ServiceBindingStatus): BindingAction {
  const call = recordedCall(observed, status);
  if (call === undefined) {
    return {
      type: 'report',
      status: ready(
        status,
        'False',
        'ReferencesNonexistentInstance',
        'The binding cannot be removed at the broker: its instance is gone and was not recorded.',
        observed.now,
      ),
    };
  }
  if (!observed.recordedBrokerExists) return brokerIsGone(observed, status);
  if (observed.rival !== undefined) {
    return {
      type: 'report',
      status: ready(
        status,
        'False',
        'DuplicateExternalID',
        'The binding is not removed at the broker, for its external id is that of ' +
          `${describeRival('ServiceBinding', observed.rival, observed.binding.metadata.namespace)}, ` +
          'whose credentials would be revoked with it. Delete the other one first.',
        observed.now,
      ),
    };
  }
  return { ...call, type: 'unbind' };
}

function brokerIsGone(observed: BindingObserved, status: ServiceBindingStatus): BindingAction {
  return {
    type: 'report',
    status: ready(
      status,
      'False',
      'ReferencesNonexistentBroker',
      'The broker that has the binding does not exist. Register it again, and the binding is removed.',
      observed.now,
    ),
  };
}
