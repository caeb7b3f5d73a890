import { formatTime } from '../../lib/catalog/conditions.ts';
import type {
  ServiceBinding,
  ServiceBindingStatus,
  ServiceInstance,
  ServiceInstanceStatus,
} from '../../lib/catalog/types.generated.ts';
import type { Offer } from './pairs.ts';

// The statuses the bare client writes: as much as somebody who reads them must find there.

export function readyInstance({ metadata, spec }: ServiceInstance, offer: Offer): ServiceInstanceStatus & Indexed {
  const { generation = 1 } = metadata;
  return {
    ...ready('True', 'ProvisionedSuccessfully', 'The instance was provisioned successfully'),
    userSpecifiedClassName: `ClusterServiceClass/${spec.clusterServiceClassExternalName ?? ''}`,
    userSpecifiedPlanName: spec.clusterServicePlanExternalName ?? '',
    observedGeneration: generation,
    reconciledGeneration: generation,
    provisionStatus: 'Provisioned',
    deprovisionStatus: 'Required',
    externalProperties: planOf(offer),
  };
}

export function readyBinding(
  { metadata }: ServiceBinding,
  instanceId: string,
  offer: Offer,
): ServiceBindingStatus & Indexed {
  const { generation = 1, name = '' } = metadata;
  return {
    ...ready('True', 'InjectedBindResult', `Injected bind result: Secret ${name} holds the credentials`),
    observedGeneration: generation,
    reconciledGeneration: generation,
    unbindStatus: 'Required',
    externalProperties: { instanceExternalID: instanceId, ...planOf(offer) },
  };
}

export function provisionIntent(offer: Offer): ServiceInstanceStatus & Indexed {
  return {
    ...ready('False', 'ProvisionRequestInFlight', 'The request to make the instance is being sent to the broker.'),
    currentOperation: 'Provision',
    operationStartTime: formatTime(new Date()),
    deprovisionStatus: 'Required',
    inProgressProperties: planOf(offer),
  };
}

export function bindIntent(instanceId: string, offer: Offer): ServiceBindingStatus & Indexed {
  return {
    ...ready('False', 'BindingRequestInFlight', 'The request for credentials is being sent to the broker.'),
    currentOperation: 'Bind',
    operationStartTime: formatTime(new Date()),
    unbindStatus: 'Required',
    inProgressProperties: { instanceExternalID: instanceId, ...planOf(offer) },
  };
}

export function unbindIntent(): ServiceBindingStatus & Indexed {
  return {
    ...ready('False', 'UnbindingRequestInFlight', 'The request to remove the credentials is being sent to the broker.'),
    currentOperation: 'Unbind',
    operationStartTime: formatTime(new Date()),
  };
}

export function deprovisionIntent(): ServiceInstanceStatus & Indexed {
  return {
    ...ready('False', 'DeprovisionRequestInFlight', 'The request to remove the instance is being sent to the broker.'),
    currentOperation: 'Deprovision',
    operationStartTime: formatTime(new Date()),
  };
}

type Indexed = Readonly<Record<string, unknown>>;

function planOf(offer: Offer): { clusterServiceClassExternalID: string; clusterServicePlanExternalID: string } {
  return { clusterServiceClassExternalID: offer.classId, clusterServicePlanExternalID: offer.planId };
}

function ready(
  status: 'True' | 'False',
  reason: string,
  message: string,
): ServiceInstanceStatus & ServiceBindingStatus {
  const condition = { type: 'Ready', status, reason, message, lastTransitionTime: formatTime(new Date()) } as const;
  return { conditions: [condition], lastConditionState: status === 'True' ? 'Ready' : reason };
}
