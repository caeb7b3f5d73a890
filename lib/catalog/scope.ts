import type { Resource } from '../kube/objects.ts';
import {
  CLUSTER_SERVICE_BROKERS,
  CLUSTER_SERVICE_CLASSES,
  CLUSTER_SERVICE_PLANS,
  SERVICE_BROKERS,
  SERVICE_CLASSES,
  SERVICE_PLANS,
} from './resources.ts';
import type {
  ClusterServiceBroker,
  ClusterServiceClass,
  ClusterServicePlan,
  ServiceBroker,
  ServiceClass,
  ServiceInstanceProperties,
  ServiceInstanceSpec,
  ServicePlan,
} from './types.generated.ts';

/**
 * Brokers, classes and plans exist twice: for the whole cluster and for one namespace. The two differ in the names of
 * kinds and fields and in nothing else; code that takes a {@link Scope} runs both.
 */

export type AnyBroker = ClusterServiceBroker | ServiceBroker;
export type AnyClass = ClusterServiceClass | ServiceClass;
export type AnyPlan = ClusterServicePlan | ServicePlan;

/** Three ways to name the same thing: as the broker names it, by its id there, by the name of the object here. */
export interface NamingFields<Field> {
  readonly externalName: Field;
  readonly externalID: Field;
  readonly name: Field;
}

/** The three fields as a list. */
export function fieldList<Field>(fields: NamingFields<Field>): readonly Field[] {
  return [fields.externalName, fields.externalID, fields.name];
}

type InstanceField = Exclude<keyof ServiceInstanceSpec, `${string}Ref`>;
type PropertiesField = keyof ServiceInstanceProperties;

export interface Scope {
  readonly name: 'cluster' | 'namespace';
  /** True when brokers, classes and plans of this scope live in a namespace. */
  readonly namespaced: boolean;
  readonly brokers: Resource<AnyBroker>;
  readonly classes: Resource<AnyClass>;
  readonly plans: Resource<AnyPlan>;
  /** The field of classes and plans that names their broker. */
  readonly brokerNameField: 'clusterServiceBrokerName' | 'serviceBrokerName';
  /** The field of plans (and of instances) that refers to the class. */
  readonly classRefField: 'clusterServiceClassRef' | 'serviceClassRef';
  readonly planRefField: 'clusterServicePlanRef' | 'servicePlanRef';
  /** The fields of an instance by which a user names the class and the plan. */
  readonly classFields: NamingFields<Extract<InstanceField, `${string}erviceClass${string}`>>;
  readonly planFields: NamingFields<Extract<InstanceField, `${string}ervicePlan${string}`>>;
  /** The fields of `status.*Properties` that say what a request to the broker was about. */
  readonly properties: {
    readonly brokerName: Extract<PropertiesField, `${string}BrokerName`>;
    readonly classExternalID: Extract<PropertiesField, `${string}ClassExternalID`>;
    readonly planExternalName: Extract<PropertiesField, `${string}PlanExternalName`>;
    readonly planExternalID: Extract<PropertiesField, `${string}PlanExternalID`>;
  };
  /** The property of catalog restrictions on plans that means the class. */
  readonly planClassProperty: 'spec.clusterServiceClass.name' | 'spec.serviceClass.name';
}

export const CLUSTER_SCOPE: Scope = {
  name: 'cluster',
  namespaced: false,
  brokers: CLUSTER_SERVICE_BROKERS,
  classes: CLUSTER_SERVICE_CLASSES,
  plans: CLUSTER_SERVICE_PLANS,
  brokerNameField: 'clusterServiceBrokerName',
  classRefField: 'clusterServiceClassRef',
  planRefField: 'clusterServicePlanRef',
  classFields: {
    externalName: 'clusterServiceClassExternalName',
    externalID: 'clusterServiceClassExternalID',
    name: 'clusterServiceClassName',
  },
  planFields: {
    externalName: 'clusterServicePlanExternalName',
    externalID: 'clusterServicePlanExternalID',
    name: 'clusterServicePlanName',
  },
  properties: {
    brokerName: 'clusterServiceBrokerName',
    classExternalID: 'clusterServiceClassExternalID',
    planExternalName: 'clusterServicePlanExternalName',
    planExternalID: 'clusterServicePlanExternalID',
  },
  planClassProperty: 'spec.clusterServiceClass.name',
};

export const NAMESPACE_SCOPE: Scope = {
  name: 'namespace',
  namespaced: true,
  brokers: SERVICE_BROKERS,
  classes: SERVICE_CLASSES,
  plans: SERVICE_PLANS,
  brokerNameField: 'serviceBrokerName',
  classRefField: 'serviceClassRef',
  planRefField: 'servicePlanRef',
  classFields: {
    externalName: 'serviceClassExternalName',
    externalID: 'serviceClassExternalID',
    name: 'serviceClassName',
  },
  planFields: {
    externalName: 'servicePlanExternalName',
    externalID: 'servicePlanExternalID',
    name: 'servicePlanName',
  },
  properties: {
    brokerName: 'serviceBrokerName',
    classExternalID: 'serviceClassExternalID',
    planExternalName: 'servicePlanExternalName',
    planExternalID: 'servicePlanExternalID',
  },
  planClassProperty: 'spec.serviceClass.name',
};

export const SCOPES: readonly Scope[] = [CLUSTER_SCOPE, NAMESPACE_SCOPE];

/** The broker a class or a plan is offered by. */
export function brokerNameOf(scope: Scope, offered: AnyClass | AnyPlan): string {
  return (offered.spec as Partial<Record<Scope['brokerNameField'], string>>)[scope.brokerNameField] ?? '';
}

/** The name of the class object a plan belongs to. */
export function classNameOf(scope: Scope, plan: AnyPlan): string {
  return (plan.spec as Partial<Record<Scope['classRefField'], { name?: string }>>)[scope.classRefField]?.name ?? '';
}
