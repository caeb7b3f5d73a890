import type { Resource } from '../kube/objects.ts';
import type {
  ClusterServiceBroker,
  ClusterServiceClass,
  ClusterServicePlan,
  ServiceBinding,
  ServiceBroker,
  ServiceClass,
  ServiceInstance,
  ServicePlan,
} from './types.generated.ts';

/** The eight resources of the API. */

export const API_GROUP = 'servicecatalog.k8s.io';
const v1beta1 = { group: API_GROUP, version: 'v1beta1' } as const;

export const CLUSTER_SERVICE_BROKERS: Resource<ClusterServiceBroker> = {
  ...v1beta1,
  kind: 'ClusterServiceBroker',
  plural: 'clusterservicebrokers',
  namespaced: false,
};
export const SERVICE_BROKERS: Resource<ServiceBroker> = {
  ...v1beta1,
  kind: 'ServiceBroker',
  plural: 'servicebrokers',
  namespaced: true,
};
export const CLUSTER_SERVICE_CLASSES: Resource<ClusterServiceClass> = {
  ...v1beta1,
  kind: 'ClusterServiceClass',
  plural: 'clusterserviceclasses',
  namespaced: false,
};
export const SERVICE_CLASSES: Resource<ServiceClass> = {
  ...v1beta1,
  kind: 'ServiceClass',
  plural: 'serviceclasses',
  namespaced: true,
};
export const CLUSTER_SERVICE_PLANS: Resource<ClusterServicePlan> = {
  ...v1beta1,
  kind: 'ClusterServicePlan',
  plural: 'clusterserviceplans',
  namespaced: false,
};
export const SERVICE_PLANS: Resource<ServicePlan> = {
  ...v1beta1,
  kind: 'ServicePlan',
  plural: 'serviceplans',
  namespaced: true,
};
export const SERVICE_INSTANCES: Resource<ServiceInstance> = {
  ...v1beta1,
  kind: 'ServiceInstance',
  plural: 'serviceinstances',
  namespaced: true,
};
export const SERVICE_BINDINGS: Resource<ServiceBinding> = {
  ...v1beta1,
  kind: 'ServiceBinding',
  plural: 'servicebindings',
  namespaced: true,
};

/** All of them, in the order in which one refers to the other. */
export const CATALOG_RESOURCES: readonly Resource[] = [
  CLUSTER_SERVICE_BROKERS,
  SERVICE_BROKERS,
  CLUSTER_SERVICE_CLASSES,
  SERVICE_CLASSES,
  CLUSTER_SERVICE_PLANS,
  SERVICE_PLANS,
  SERVICE_INSTANCES,
  SERVICE_BINDINGS,
];

/** On brokers, instances and bindings while there is something to undo at the broker. The original's, so that its tools know it. */
export const FINALIZER = 'kubernetes-incubator/service-catalog';
