import type { Facts, Need } from '../admission.ts';
import type { AnyClass, AnyPlan, Scope } from '../scope.ts';
import { SCOPES } from '../scope.ts';
import type { ServiceInstance } from '../types.generated.ts';
import { offerOf } from './instance-offer.ts';
import { anyPlanChanged, mayExistAtBroker } from './instance-update.ts';

/** Whether the class and the plan an instance has let it go to another plan. */

/** The class and plan as the controller found them before: a rename at the broker does not change what is meant. */
export function planChangeNeeds(old: ServiceInstance, next: ServiceInstance, namespace: string): Need[] {
  return concerns(old, next) ? currentNeeds(old, namespace) : [];
}

/** Why the plan cannot be changed; undefined when it can. A class that is gone forbids nothing. */
export function planChangeRefusal(
  old: ServiceInstance,
  next: ServiceInstance,
  namespace: string,
  facts: Facts,
): string | undefined {
  if (!concerns(old, next)) return undefined;
  const { plan, planName, ...current } = currentOffer(old, facts);
  const named = offerOf(next.spec, namespace, facts);
  const serviceClass =
    current.serviceClass ?? (named.serviceClass.kind === 'found' ? named.serviceClass.object : undefined);
  if (serviceClass === undefined) return undefined;
  // OSB's default is that plans cannot be changed.
  if (plan?.spec.planUpdatable ?? serviceClass.spec.planUpdatable ?? false) return undefined;
  // The broker may have renamed the plan: naming it as it is called now is no change.
  if (named.plan?.kind === 'found' && named.plan.object.metadata.name === planName) return undefined;
  const name = serviceClass.spec.externalName;
  return `The Service Class ${name} does not allow plan changes. Create another instance with the other plan.`;
}

function concerns(old: ServiceInstance, next: ServiceInstance): boolean {
  return anyPlanChanged(old.spec, next.spec) && mayExistAtBroker(old);
}

const CLASS = 'current class';
const PLAN = 'current plan';

function currentNeeds(old: ServiceInstance, namespace: string): Need[] {
  return SCOPES.flatMap((scope: Scope): Need[] => {
    const where = scope.namespaced ? { namespace } : {};
    const className = old.spec[scope.classRefField]?.name;
    const planName = old.spec[scope.planRefField]?.name;
    return [
      ...(className ? [{ id: CLASS, type: 'get', resource: scope.classes, ...where, name: className } as const] : []),
      ...(planName ? [{ id: PLAN, type: 'get', resource: scope.plans, ...where, name: planName } as const] : []),
    ];
  });
}

function currentOffer(
  old: ServiceInstance,
  facts: Facts,
): { serviceClass: AnyClass | undefined; plan: AnyPlan | undefined; planName: string | undefined } {
  return {
    serviceClass: facts.objects.get(CLASS) as AnyClass | undefined,
    plan: facts.objects.get(PLAN) as AnyPlan | undefined,
    planName: SCOPES.map((scope) => old.spec[scope.planRefField]?.name).find((name) => name !== undefined),
  };
}
