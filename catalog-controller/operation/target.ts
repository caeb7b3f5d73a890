import { CLUSTER_SCOPE, SCOPES } from '../../lib/catalog/scope.ts';
import type { Scope } from '../../lib/catalog/scope.ts';
import type { ServiceBindingProperties, ServiceInstanceProperties } from '../../lib/catalog/types.generated.ts';
import type { ObjectKey } from '../../lib/kube/objects.ts';

/** Where a request goes and what it is about: everything a call needs even when class and plan are gone. */
export interface Target {
  readonly scope: Scope;
  readonly broker: ObjectKey;
  /** The ids at the broker. */
  readonly classId: string;
  readonly planId: string;
  /** The plan's name at the broker; recorded on instances only. */
  readonly planName: string;
}

/** The target as `status.*Properties` of an instance has it. */
export function targetProperties(target: Target): ServiceInstanceProperties {
  const { properties } = target.scope;
  return {
    [properties.brokerName]: target.broker.name,
    [properties.classExternalID]: target.classId,
    [properties.planExternalName]: target.planName,
    [properties.planExternalID]: target.planId,
  };
}

/** The target as `status.*Properties` of a binding has it: without the plan's name. */
export function bindingTargetProperties(target: Target): ServiceBindingProperties {
  const { properties } = target.scope;
  return {
    [properties.brokerName]: target.broker.name,
    [properties.classExternalID]: target.classId,
    [properties.planExternalID]: target.planId,
  };
}

/**
 * What was recorded. A status of the original Service Catalog has the plan alone: then `known`, which comes from the
 * references of the instance, supplies the rest. Undefined when it cannot be told.
 */
export function recordedTarget(
  recorded: ServiceInstanceProperties | undefined,
  namespace: string,
  known: Target | undefined,
): Target | undefined {
  if (recorded === undefined) return known;
  const scope = SCOPES.find(({ properties }) => recorded[properties.planExternalID] !== undefined);
  if (scope === undefined) return known;
  const { properties } = scope;
  const brokerName = recorded[properties.brokerName];
  const classId = recorded[properties.classExternalID] ?? known?.classId;
  const planId = recorded[properties.planExternalID];
  const broker =
    brokerName === undefined
      ? known?.broker
      : scope === CLUSTER_SCOPE
        ? { name: brokerName }
        : { namespace, name: brokerName };
  if (broker === undefined || classId === undefined || planId === undefined) return known;
  return { scope, broker, classId, planId, planName: recorded[properties.planExternalName] ?? '' };
}

/** The plan's id in recorded properties, whichever the scope. */
export function recordedPlanId(recorded: ServiceInstanceProperties | undefined): string | undefined {
  return recorded?.clusterServicePlanExternalID ?? recorded?.servicePlanExternalID;
}

/**
 * The properties that say what there is at the broker: while an instance is being changed, what it was before (OSB
 * spec.md, `plan_id` of the calls that look up or remove); while it is being made, what was asked for.
 */
export function presentProperties<P>(
  status: { readonly inProgressProperties?: P; readonly externalProperties?: P } | undefined,
): P | undefined {
  return status?.externalProperties ?? status?.inProgressProperties;
}
