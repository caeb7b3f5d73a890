import type { Reason } from '../../lib/catalog/reasons.ts';
import type { ConditionHolder } from '../../lib/catalog/conditions.ts';
import type { Condition, Retry } from '../../lib/catalog/types.generated.ts';
import type { Happening } from '../../lib/kube/event-recorder.ts';

/** Ready is False for these without anything being wrong. */
const USUAL: ReadonlySet<string> = new Set<Reason>([
  'FetchingCatalog',
  'Provisioning',
  'UpdatingInstance',
  'Deprovisioning',
  'DeprovisionedSuccessfully',
  'Binding',
  'Unbinding',
  'UnboundSuccessfully',
  'OrphanMitigationSuccessful',
  // Whoever creates everything at once sees a binding wait for its instance.
  'ErrorInstanceRefsUnresolved',
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

type Told = ConditionHolder & { readonly retry?: Retry };

/**
 * What there is to tell about a change of the status: each condition that has another reason or status than before, and
 * each attempt that failed like the one before it, which counts up the Event of that one.
 */
export function conditionEvents(before: Told | undefined, after: Told): Happening[] {
  const failedAgain = (after.retry?.attempts ?? 0) > (before?.retry?.attempts ?? 0);
  const happenings: Happening[] = [];
  for (const condition of after.conditions ?? []) {
    const old = before?.conditions?.find(({ type }) => type === condition.type);
    const isNew = old?.reason !== condition.reason || old.status !== condition.status;
    const isRepeated = failedAgain && condition.type === 'Ready' && condition.message !== old?.message;
    if ((!isNew && !isRepeated) || UNTOLD.has(condition.reason)) continue;
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
