import type { ServiceBindingStatus } from '../../lib/catalog/types.generated.ts';
import { recordedTarget } from '../operation/target.ts';
import type { Target } from '../operation/target.ts';
import type { BindingCall } from './action.ts';
import type { BindingObserved } from './observed.ts';

/** A call about what the status has recorded; undefined when that is not enough to make one. */
export function recordedCall(observed: BindingObserved, status: ServiceBindingStatus): BindingCall | undefined {
  const { binding, resolution, instance } = observed;
  const recorded = status.inProgressProperties ?? status.externalProperties;
  const known = resolution.found ? resolution.target : undefined;
  const target = recordedTarget(recorded, binding.metadata.namespace ?? '', known);
  const instanceId = recorded?.instanceExternalID ?? instance?.externalID;
  return target === undefined || instanceId === undefined ? undefined : callAbout(observed, target, instanceId);
}

export function callAbout(observed: BindingObserved, target: Target, instanceId: string): BindingCall {
  const { spec, status } = observed.binding;
  const recorded = (status?.inProgressProperties ?? status?.externalProperties)?.userInfo;
  return {
    target,
    instanceId,
    bindingId: spec.externalID ?? '',
    identity: observed.identityIsTrusted ? (spec.userInfo ?? recorded) : undefined,
  };
}
