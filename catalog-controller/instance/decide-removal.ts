import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import { acknowledge, isPostponed, ready } from '../operation/record.ts';
import { patienceUntil } from '../operation/patience.ts';
import { describeRival } from '../operation/rivals.ts';
import { presentProperties, recordedTarget } from '../operation/target.ts';
import type { InstanceAction } from './action.ts';
import { callOf } from './call.ts';
import { decidePoll } from './decide-poll.ts';

import { withIntent } from './intent.ts';
import type { InstanceObserved } from './observed.ts';
import { waitForRetry } from './report.ts';

/**
 * Deleting: bindings first, then DELETE at the broker, then the finalizer. A provision or update that the broker still
 * works on is not waited for. There is no end to trying: what exists at the broker costs somebody.
 */
export function decideDeletion(observed: InstanceObserved, status: ServiceInstanceStatus): InstanceAction {
  if (status.orphanMitigationInProgress === true) return decideMitigation(observed, status);
  if (!isDeprovisionRequired(status)) return { type: 'release' };
  const asynchronous = status.asyncOpInProgress === true;
  if (asynchronous && status.currentOperation === 'Deprovision') return decidePoll(observed, status);
  if (observed.bindings.length > 0) return asynchronous ? decidePoll(observed, status) : blocked(observed, status);
  const generation = observed.instance.metadata.generation ?? 1;
  if (status.currentOperation !== 'Deprovision') {
    return {
      type: 'record-intent',
      isFirst: true,
      status: withIntent(
        observed,
        // Attempts at something else do not count against the removal.
        { ...status, retry: { attempts: 0 } },
        'Deprovision',
        'DeprovisionRequestInFlight',
        'The request to remove the instance is being sent to the broker.',
        undefined,
      ),
    };
  }
  if (isPostponed(status, generation, observed)) return waitForRetry(status);
  return deprovision(observed, status);
}

/** Removing what a failed attempt may have left. Bindings are no obstacle: the instance was never ready for any. */
export function decideMitigation(observed: InstanceObserved, status: ServiceInstanceStatus): InstanceAction {
  if (status.asyncOpInProgress === true) return decidePoll(observed, status);
  if (isPostponed(status, observed.instance.metadata.generation ?? 1, observed)) return waitForRetry(status);
  return deprovision(observed, status);
}

function isDeprovisionRequired(status: ServiceInstanceStatus): boolean {
  // `Failed` is where the original gave up; what it left is still to be removed.
  return status.deprovisionStatus === 'Required' || status.deprovisionStatus === 'Failed';
}

function deprovision(observed: InstanceObserved, status: ServiceInstanceStatus): InstanceAction {
  const known = observed.resolution.found ? observed.resolution.target : undefined;
  const target = recordedTarget(presentProperties(status), observed.instance.metadata.namespace ?? '', known);
  if (target === undefined) {
    return cannot(
      observed,
      status,
      'ReferencesNonexistentServiceClass',
      'The instance cannot be removed at the broker: its class or plan is gone and was not recorded. Restore them.',
    );
  }
  if (!observed.recordedBrokerExists) {
    return cannot(
      observed,
      status,
      'ReferencesNonexistentBroker',
      `The instance cannot be removed: broker ${target.broker.name}, which has it, does not exist. Register it again.`,
    );
  }
  if (observed.rival !== undefined) {
    return cannot(
      observed,
      status,
      'DuplicateExternalID',
      'The instance is not removed at the broker, for its external id is that of ' +
        `${describeRival('ServiceInstance', observed.rival, observed.instance.metadata.namespace)}, ` +
        'whose service would be deleted with it. Delete the other one first.',
    );
  }
  return { ...callOf(observed, target, true), type: 'deprovision' };
}

function cannot(
  observed: InstanceObserved,
  status: ServiceInstanceStatus,
  reason: 'ReferencesNonexistentServiceClass' | 'ReferencesNonexistentBroker' | 'DuplicateExternalID',
  message: string,
): InstanceAction {
  return { type: 'report', status: ready(status, 'False', reason, message, observed.now) };
}

function blocked(observed: InstanceObserved, status: ServiceInstanceStatus): InstanceAction {
  const { bindings, bindingsAreLeaving, instance, now } = observed;
  const patient = bindingsAreLeaving ? patienceUntil(instance.metadata.deletionTimestamp, now) : undefined;
  if (patient !== undefined) return { type: 'wait', wakeAt: patient };
  const shown = [...bindings].sort().slice(0, 10);
  const names =
    shown.join(', ') + (shown.length < bindings.length ? ` and ${bindings.length - shown.length} more` : '');
  return {
    type: 'report',
    status: ready(
      acknowledge(status, instance.metadata.generation ?? 1, now),
      'False',
      'DeprovisionBlockedByExistingCredentials',
      `The instance still has bindings; it is removed when they are gone. Delete: ${names}.`,
      now,
    ),
  };
}
