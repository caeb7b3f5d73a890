import type { InstanceObserved } from '../../../../catalog-controller/instance/observed.ts';
import { FINALIZER } from '../../../../lib/catalog/resources.ts';
import type { ServiceInstance, ServiceInstanceStatus } from '../../../../lib/catalog/types.generated.ts';
import { POLICY } from '../world/policy.ts';
import { foundPlan } from '../world/resolution.ts';

export const NOW = Date.parse('2026-01-01T00:00:00Z');

/** An adopted instance of plan `small` without parameters. */
export function anInstance(
  status: ServiceInstanceStatus = {},
  metadata: Partial<ServiceInstance['metadata']> = {},
): ServiceInstance {
  return {
    metadata: { name: 'db', namespace: 'ns', uid: 'uid', generation: 1, finalizers: [FINALIZER], ...metadata },
    spec: {
      clusterServiceClassExternalName: 'class',
      clusterServicePlanExternalName: 'small',
      clusterServiceClassRef: { name: 'class' },
      clusterServicePlanRef: { name: 'small' },
      externalID: 'uid',
    },
    status,
  };
}

/** A world in which nothing is wrong. */
export function observing(instance: ServiceInstance, more: Partial<InstanceObserved> = {}): InstanceObserved {
  return {
    now: NOW,
    random: 1,
    instance,
    policy: POLICY,
    resolution: foundPlan(),
    parameters: { ok: true, values: {}, redacted: {}, checksum: '' },
    userSpecified: { className: 'ClusterServiceClass/class', planName: 'small' },
    brokerUsable: true,
    recordedBrokerExists: true,
    clusterId: 'cluster',
    namespaceUid: 'ns-uid',
    bindings: [],
    bindingsAreLeaving: false,
    rival: undefined,
    intentIsFresh: false,
    nextPollAt: undefined,
    brokerHasChanged: false,
    admissionIsTrusted: true,
    ...more,
  };
}

/** The status of an instance that is provisioned and at rest. */
export const PROVISIONED: ServiceInstanceStatus = {
  observedGeneration: 1,
  reconciledGeneration: 1,
  provisionStatus: 'Provisioned',
  deprovisionStatus: 'Required',
  currentOperation: '',
  externalProperties: {
    clusterServiceBrokerName: 'broker',
    clusterServiceClassExternalID: 'class-id',
    clusterServicePlanExternalName: 'small',
    clusterServicePlanExternalID: 'small',
  },
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'ProvisionedSuccessfully',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
};
