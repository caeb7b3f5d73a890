import type { ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';
import { presentProperties, recordedTarget } from '../operation/target.ts';
import type { Target } from '../operation/target.ts';
import type { BindingCall } from './action.ts';
import type { BindingObserved } from './observed.ts';

/**
 * A call about what the status has recorded; undefined when that is not enough to make one. The plan is the one the
 * instance has now: it may have changed since.
 */
export function recordedCall(observed: BindingObserved, status: ServiceBindingStatus): BindingCall | undefined {
  const { binding, resolution, instance } = observed;
  const recorded = presentProperties(status);
  const known = resolution.found ? resolution.target : undefined;
  const target = recordedTarget(recorded, binding.metadata.namespace ?? '', known);
  const instanceId = recorded?.instanceExternalID ?? instance?.externalID;
  if (target === undefined || instanceId === undefined) return undefined;
  const isSameInstance = instance?.externalID === instanceId;
  const planId = isSameInstance && known !== undefined ? known.planId : target.planId;
  return callAbout(observed, { ...target, planId }, instanceId);
}

export function callAbout(observed: BindingObserved, target: Target, instanceId: string): BindingCall {
  const { spec, status } = observed.binding;
  const recorded = presentProperties(status)?.userInfo;
  return {
    target,
    instanceId,
    bindingId: spec.externalID ?? '',
    identity: observed.admissionIsTrusted ? (spec.userInfo ?? recorded) : undefined,
  };
}
