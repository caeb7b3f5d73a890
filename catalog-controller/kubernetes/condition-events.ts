import type { Reason } from '../../lib/catalog/reasons.ts';
import type { ConditionHolder } from '../../lib/catalog/conditions.ts';
import type { Condition } from '../../lib/catalog/types.generated.ts';
import type { Happening } from '../../lib/kube/event-recorder.ts';

/** Ready is False for these without anything being wrong. */
const USUAL: ReadonlySet<string> = new Set<Reason>([
  'Provisioning',
  'UpdatingInstance',
  'Deprovisioning',
  'DeprovisionedSuccessfully',
  'Binding',
  'Unbinding',
  'UnboundSuccessfully',
  'OrphanMitigationSuccessful',
  'ErrorInstanceNotReady',
  'ErrorAsyncOperationInProgress',
  'DeletedClusterServiceBrokerSuccessfully',
  'DeletedSuccessfully',
]);

/** That a request is about to be sent is in the status; a moment later there is its outcome to tell. */
const UNTOLD: ReadonlySet<string> = new Set<Reason>([
  'ProvisionRequestInFlight',
  'UpdateInstanceRequestInFlight',
  'DeprovisionRequestInFlight',
  'BindingRequestInFlight',
  'UnbindingRequestInFlight',
]);

/**
 * What there is to tell about a change of the status: each condition that has another reason or status than before. A
 * message that only counts attempts makes no event.
 */
export function conditionEvents(before: ConditionHolder | undefined, after: ConditionHolder): Happening[] {
  const happenings: Happening[] = [];
  for (const condition of after.conditions ?? []) {
    const old = before?.conditions?.find(({ type }) => type === condition.type);
    const isNew = old?.reason !== condition.reason || old.status !== condition.status;
    if (!isNew || UNTOLD.has(condition.reason)) continue;
    happenings.push({ type: typeOf(condition), reason: condition.reason, message: condition.message });
  }
  return happenings;
}

function typeOf(condition: Condition): Happening['type'] {
  if (condition.type === 'Ready' && condition.status === 'True') return 'Normal';
  return condition.type === 'Ready' && condition.status === 'False' && USUAL.has(condition.reason)
    ? 'Normal'
    : 'Warning';
}
