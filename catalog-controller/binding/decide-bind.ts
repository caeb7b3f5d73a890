import { findCondition } from '../../lib/catalog/conditions.ts';
import type { ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';
import { acknowledge, failed, isPostponed, ready } from '../operation/record.ts';
import { patienceUntil } from '../operation/patience.ts';
import { describeRival } from '../operation/rivals.ts';
import type { BindingAction } from './action.ts';
import { callAbout } from './call.ts';
import { bindRequest, intendedBinding, sameBind, withBindingIntent } from './intent.ts';
import { withBindingMitigation } from './mitigation.ts';
import type { BindingObserved, BoundInstance } from './observed.ts';
import { notReady, reportFailure, reportForeignSecret, waitForRetry, withUnbindStatus } from './report.ts';
import { isRefused } from './state.ts';

/** Binding: everything that has to be in place first, then intent, then PUT and Secret. */
export function decideBind(observed: BindingObserved, status: ServiceBindingStatus): BindingAction {
  const { instance, resolution, binding, rival } = observed;
  const generation = binding.metadata.generation ?? 1;
  const nonbindable = findCondition(status, 'Failed')?.reason === 'ErrorNonbindableServiceClass';
  if (isRefused(status, generation) && !nonbindable) return { type: 'wait' };
  if (rival !== undefined) {
    return notReady(
      observed,
      'DuplicateExternalID',
      `The external id is that of ${describeRival('ServiceBinding', rival, binding.metadata.namespace)}. ` +
        'Two bindings cannot share it; delete this one, or the other.',
    );
  }
  const name = binding.spec.instanceRef.name;
  if (instance === undefined) {
    return notReady(
      observed,
      'ReferencesNonexistentInstance',
      `There is no ServiceInstance ${name} in this namespace.`,
    );
  }
  if (instance.deleting) {
    return notReady(observed, 'ErrorInstanceNotReady', `ServiceInstance ${name} is being deleted.`);
  }
  if (!resolution.found) return notReady(observed, resolution.reason, resolution.message);
  if (!resolution.bindable) return refuseNonbindable(observed, status);
  if (!instance.ready) return waitForInstance(observed, status, instance);
  if (!observed.brokerUsable) {
    return notReady(
      observed,
      'ReferencesNonexistentBroker',
      `There is no broker ${resolution.target.broker.name}, or it is being deleted.`,
    );
  }
  if (isPostponed(status, generation, observed)) return waitForRetry(status);
  return attempt(observed, status, instance, resolution);
}

/** Its becoming ready wakes the binding. */
function waitForInstance(
  observed: BindingObserved,
  status: ServiceBindingStatus,
  { name, starting }: BoundInstance,
): BindingAction {
  const isNew = (status.conditions ?? []).length === 0;
  const patient =
    isNew && starting ? patienceUntil(observed.binding.metadata.creationTimestamp, observed.now) : undefined;
  if (patient !== undefined) return { type: 'wait', wakeAt: patient };
  return notReady(
    observed,
    'ErrorInstanceNotReady',
    `ServiceInstance ${name} is not ready yet. The binding goes on by itself when it is.`,
  );
}

function attempt(
  observed: BindingObserved,
  status: ServiceBindingStatus,
  instance: BoundInstance,
  { target, retrievable }: Extract<BindingObserved['resolution'], { found: true }>,
): BindingAction {
  const { parameters } = observed;
  if (parameters === undefined) return { type: 'look', at: 'parameters' };
  if (!parameters.ok) return reportFailure(observed, 'ErrorWithParameters', parameters.message);
  const mayExist = status.unbindStatus === 'Required' && !observed.intentIsFresh;
  const intended = intendedBinding(observed, instance, target, parameters);
  const same = sameBind(status.inProgressProperties, intended);
  if (mayExist && !same) {
    const acknowledged = acknowledge(status, observed.binding.metadata.generation ?? 1, observed.now);
    return {
      type: 'report',
      status: withBindingMitigation(
        acknowledged,
        'What is asked for has changed while it was unknown what the last attempt had done.',
        observed.now,
      ),
    };
  }
  const isRecorded =
    status.currentOperation === 'Bind' && status.retry?.nextAttemptTime === undefined && observed.intentIsFresh && same;
  if (!mayExist && !isRecorded) {
    // Credentials are not asked for as long as there is no place to put them.
    if (observed.secret === undefined) return { type: 'look', at: 'secret' };
    if (observed.secret === 'foreign') {
      return reportForeignSecret(observed);
    }
    return {
      type: 'record-intent',
      status: withBindingIntent(
        observed,
        status,
        'Bind',
        'BindingRequestInFlight',
        'The request for credentials is being sent to the broker.',
        intended,
      ),
    };
  }
  return {
    ...callAbout(observed, target, instance.externalID),
    type: 'bind',
    request: bindRequest(observed, target, parameters),
    acceptsIncomplete: retrievable,
    mayHaveBeenSent: mayExist,
  };
}

/** Re-examined at every pass: a class or plan may become bindable. */
function refuseNonbindable(observed: BindingObserved, status: ServiceBindingStatus): BindingAction {
  const { binding, now } = observed;
  const message = 'The class or plan of the instance does not allow bindings.';
  const acknowledged = acknowledge(withUnbindStatus(status), binding.metadata.generation ?? 1, now);
  return {
    type: 'report',
    status: failed(
      ready(acknowledged, 'False', 'ErrorNonbindableServiceClass', message, now),
      'ErrorNonbindableServiceClass',
      message,
      now,
    ),
  };
}
