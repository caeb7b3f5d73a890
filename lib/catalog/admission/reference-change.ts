import type { Facts, Fault, Need } from '../admission.ts';
import { namedClass, namedPlan, resolveClass, resolvePlan } from '../references.ts';
import { brokerNameOf, classNameOf } from '../scope.ts';
import type { AnyClass, AnyPlan, Scope } from '../scope.ts';
import type { ServiceInstance } from '../types.generated.ts';
import { changedReferences } from './instance-update.ts';

/**
 * References are the controller's to set, but users can write them too: one that leads elsewhere than the names in the
 * spec would order a plan past all rules.
 */

export function referenceNeeds(old: ServiceInstance, next: ServiceInstance, namespace: string): Need[] {
  return changedReferences(old.spec, next.spec).map(({ scope, what, name }) => ({
    id: needId(scope, what, name),
    type: 'get',
    resource: scope[what],
    ...(scope.namespaced ? { namespace } : {}),
    name,
  }));
}

/** The references that do not lead to what the spec names. */
export function referenceFaults(old: ServiceInstance, next: ServiceInstance, namespace: string, facts: Facts): Fault[] {
  return changedReferences(old.spec, next.spec).flatMap(({ scope, what, name }) => {
    const object = facts.objects.get(needId(scope, what, name));
    const field = what === 'classes' ? scope.classRefField : scope.planRefField;
    const leads =
      object !== undefined &&
      (what === 'classes'
        ? isNamedClass(next, scope, object as AnyClass, namespace)
        : isNamedPlan(next, scope, object as AnyPlan, namespace));
    return leads
      ? []
      : [
          {
            field: `spec.${field}`,
            message: `is set by the controller and must lead to what the spec names; leave it out`,
          },
        ];
  });
}

function isNamedClass(next: ServiceInstance, scope: Scope, serviceClass: AnyClass, namespace: string): boolean {
  const naming = namedClass(next.spec);
  return naming?.scope === scope && resolveClass(naming, [serviceClass], namespace).kind === 'found';
}

function isNamedPlan(next: ServiceInstance, scope: Scope, plan: AnyPlan, namespace: string): boolean {
  if (namedClass(next.spec)?.scope !== scope) return false;
  const className = next.spec[scope.classRefField]?.name;
  if (className === undefined || classNameOf(scope, plan) !== className) return false;
  // As much of the class as a plan is compared with.
  const serviceClass = {
    metadata: { name: className },
    spec: { [scope.brokerNameField]: brokerNameOf(scope, plan) },
  } as unknown as AnyClass;
  return resolvePlan(namedPlan(next.spec), scope, serviceClass, [plan], namespace).kind === 'found';
}

function needId(scope: Scope, what: 'classes' | 'plans', name: string): string {
  return `referenced ${scope.name} ${what} ${name}`;
}
