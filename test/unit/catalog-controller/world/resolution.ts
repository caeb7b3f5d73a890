import type { Resolution } from '../../../../catalog-controller/instance/observed.ts';
import type { Target } from '../../../../catalog-controller/operation/target.ts';
import { CLUSTER_SCOPE } from '../../../../lib/catalog/scope.ts';
import type { ServiceInstance } from '../../../../lib/catalog/types.generated.ts';

export function targetOf(plan: string): Target {
  return { scope: CLUSTER_SCOPE, broker: { name: 'broker' }, classId: 'class-id', planId: plan, planName: plan };
}

/** What an instance of a plan of the only class leads to. */
export function foundPlan(plan = 'small', more: Partial<Extract<Resolution, { found: true }>> = {}): Resolution {
  return {
    found: true,
    target: targetOf(plan),
    refs: { clusterServiceClassRef: { name: 'class' }, clusterServicePlanRef: { name: plan } },
    labels: {},
    classRemoved: false,
    planRemoved: false,
    planUpdatable: true,
    maximumPollingSeconds: undefined,
    ...more,
  };
}

/** What the instance's names stand for: any plan of the only class, if that exists. */
export function resolve(instance: ServiceInstance, classExists: boolean): Resolution {
  if (!classExists) return { found: false, reason: 'ReferencesNonexistentServiceClass', message: 'no class' };
  return foundPlan(instance.spec.clusterServicePlanExternalName ?? '');
}
