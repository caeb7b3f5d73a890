import { serviceContext } from '../../lib/catalog/service-context.ts';
import type { Context } from '../../lib/osb/types.ts';
import { presentProperties } from '../operation/target.ts';
import type { Target } from '../operation/target.ts';
import type { InstanceCall } from './action.ts';
import type { InstanceObserved } from './observed.ts';

/** The parts every call has. */
export function callOf(
  observed: InstanceObserved,
  target: Target,
  mayHaveBeenSent: boolean,
): Pick<InstanceCall, 'target' | 'instanceId' | 'identity' | 'mayHaveBeenSent'> {
  const { spec, status } = observed.instance;
  const recorded = presentProperties(status)?.userInfo;
  return {
    target,
    instanceId: spec.externalID ?? '',
    identity: observed.admissionIsTrusted ? (spec.userInfo ?? recorded) : undefined,
    mayHaveBeenSent,
  };
}

/** The context object of the Kubernetes profile. */
export function contextOf(observed: InstanceObserved): Context {
  const { name = '', namespace = '' } = observed.instance.metadata;
  return serviceContext({ name, namespace, clusterId: observed.clusterId });
}
