import type { AnyClass, AnyPlan, Scope } from '../../lib/catalog/scope.ts';
import { SCOPES } from '../../lib/catalog/scope.ts';
import type { ServiceInstance } from '../../lib/catalog/types.generated.ts';

/** How an instance names the class or plan it orders: the scope, the field used and the value. */
export interface UserReference {
  readonly scope: Scope;
  readonly by: 'externalName' | 'externalID' | 'name';
  /** The field of the instance's spec. */
  readonly field: string;
  readonly value: string;
}

const WAYS = ['externalName', 'externalID', 'name'] as const;

/** The class an instance orders; undefined when it names none. */
export function classReference(instance: ServiceInstance): UserReference | undefined {
  return reference(instance, 'classFields');
}

/** The plan an instance orders; undefined when it leaves that to the class having only one. */
export function planReference(instance: ServiceInstance): UserReference | undefined {
  return reference(instance, 'planFields');
}

function reference(instance: ServiceInstance, fields: 'classFields' | 'planFields'): UserReference | undefined {
  for (const scope of SCOPES) {
    for (const by of WAYS) {
      const field = scope[fields][by];
      const value = instance.spec[field];
      if (value !== undefined && value !== '') return { scope, by, field: `spec.${field}`, value };
    }
  }
  return undefined;
}

/** Whether a class or plan is the one a reference means. */
export function isMeant(by: UserReference['by'], value: string, offered: AnyClass | AnyPlan): boolean {
  switch (by) {
    case 'externalName':
      return offered.spec.externalName === value;
    case 'externalID':
      return offered.spec.externalID === value;
    case 'name':
      return offered.metadata.name === value;
  }
}

/** The class as a column shows it. */
export function classText(instance: ServiceInstance): string {
  return classReference(instance)?.value ?? '';
}

/** The plan as a column shows it; of an instance that named none, the one that was chosen for it. */
export function planText(instance: ServiceInstance): string {
  const status = instance.status?.externalProperties;
  return (
    planReference(instance)?.value ??
    status?.clusterServicePlanExternalName ??
    status?.servicePlanExternalName ??
    instance.spec.clusterServicePlanRef?.name ??
    instance.spec.servicePlanRef?.name ??
    ''
  );
}
