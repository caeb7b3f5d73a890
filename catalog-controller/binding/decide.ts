import { FINALIZER } from '../../lib/catalog/resources.ts';
import type { ServiceBindingSpec } from '../../lib/catalog/types.generated.ts';
import type { BindingAction } from './action.ts';
import { decideBind } from './decide-bind.ts';
import { decideDelivery } from './decide-delivery.ts';
import { decideBindingMitigation, decideBindingPoll, decideUnbinding } from './decide-removal.ts';
import type { BindingObserved } from './observed.ts';
import { isBound } from './state.ts';

/**
 * What to do about a ServiceBinding now. Pure: the same observation gives the same action.
 *
 * The states, by what the status says:
 * - *removing*: the object is being deleted; see decide-removal.ts.
 * - *mitigating* (`orphanMitigationInProgress`): an attempt to bind may have left something at the broker; it is removed.
 * - *asynchronous* (`asyncOpInProgress`): the broker works; polled.
 * - *bound* (`externalProperties`): the broker has the binding. The Secret is kept as it should be.
 * - *failed*: refused for good; left by a change of the spec, that is, by deleting the binding.
 * - otherwise it is bound: once the instance is ready, intent first, then the call.
 */
export function decideBinding(observed: BindingObserved): BindingAction {
  const { metadata, spec, status = {} } = observed.binding;
  const deleting = metadata.deletionTimestamp !== undefined;
  const finalized = metadata.finalizers?.includes(FINALIZER) ?? false;
  if (deleting) return finalized ? decideUnbinding(observed, status) : { type: 'wait' };
  const lacking = lackingSpec(spec, metadata);
  if (!finalized || Object.keys(lacking).length > 0) return { type: 'adopt', spec: lacking };
  if (status.orphanMitigationInProgress === true) return decideBindingMitigation(observed, status);
  if (status.asyncOpInProgress === true) return decideBindingPoll(observed, status);
  if (isBound(status)) return decideDelivery(observed, status);
  return decideBind(observed, status);
}

function lackingSpec(
  spec: ServiceBindingSpec,
  metadata: { readonly name?: string; readonly uid?: string },
): Partial<ServiceBindingSpec> {
  const lacks = (value: string | undefined): boolean => value === undefined || value === '';
  return {
    ...(lacks(spec.externalID) ? { externalID: metadata.uid ?? '' } : {}),
    ...(lacks(spec.secretName) ? { secretName: metadata.name ?? '' } : {}),
  };
}
