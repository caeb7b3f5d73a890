import type { ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import { ready } from '../operation/record.ts';
import { presentProperties, recordedTarget } from '../operation/target.ts';
import type { InstanceAction } from './action.ts';
import { callOf } from './call.ts';
import type { InstanceObserved } from './observed.ts';

/** An operation the broker works on by itself: ask how it stands, when it is time. */
export function decidePoll(observed: InstanceObserved, status: ServiceInstanceStatus): InstanceAction {
  const { nextPollAt, now } = observed;
  if (nextPollAt !== undefined && nextPollAt > now) return { type: 'wait', wakeAt: nextPollAt };
  const target = pollTarget(observed, status);
  if (target === undefined || !observed.recordedBrokerExists) {
    return {
      type: 'report',
      status: ready(
        status,
        'False',
        'ReferencesNonexistentBroker',
        'The broker that works on the instance does not exist any more, so it cannot be asked. Register it again.',
        now,
      ),
    };
  }
  return {
    ...callOf(observed, target, true),
    type: 'poll',
    operation: status.lastOperation,
  };
}

function pollTarget(observed: InstanceObserved, status: ServiceInstanceStatus): ReturnType<typeof recordedTarget> {
  const known = observed.resolution.found ? observed.resolution.target : undefined;
  return recordedTarget(presentProperties(status), observed.instance.metadata.namespace ?? '', known);
}
