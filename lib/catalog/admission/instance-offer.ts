import type { Facts, Need } from '../admission.ts';
import { labelKey, labelSelector, labelValue } from '../labels.ts';
import { labelFieldsOf, namedClass, namedPlan, resolveClass, resolvePlan } from '../references.ts';
import type { Naming, Resolved } from '../references.ts';
import type { AnyClass, AnyPlan, Scope } from '../scope.ts';
import type { ServiceInstanceSpec } from '../types.generated.ts';

/** The class an instance names and the plans of it, by look-ups: first the class, then its plans. */

export interface Offer {
  readonly serviceClass: Resolved<AnyClass>;
  /** The plan the instance names, or the only one; undefined when there is no class to have plans. */
  readonly plan: Resolved<AnyPlan> | undefined;
}

/** What has to be looked up for {@link offerOf}; the plans can only be asked for once the class is known. */
export function offerNeeds(spec: ServiceInstanceSpec, namespace: string, facts: Facts): Need[] {
  const naming = namedClass(spec);
  if (naming === undefined) return [];
  const serviceClass = findClass(naming, namespace, facts);
  if (serviceClass.kind !== 'found') return [classNeed(naming, namespace)];
  return [classNeed(naming, namespace), plansNeed(naming.scope, serviceClass.object, namespace)];
}

export function offerOf(spec: ServiceInstanceSpec, namespace: string, facts: Facts): Offer {
  const naming = namedClass(spec);
  if (naming === undefined) return { serviceClass: { kind: 'none' }, plan: undefined };
  const serviceClass = findClass(naming, namespace, facts);
  if (serviceClass.kind !== 'found') return { serviceClass, plan: undefined };
  const { scope } = naming;
  const plans = facts.lists.get(plansNeed(scope, serviceClass.object, namespace).id) ?? [];
  const plan = resolvePlan(namedPlan(spec), scope, serviceClass.object, plans as readonly AnyPlan[], namespace);
  return { serviceClass, plan };
}

/** The names users order the plans of a class by, sorted, for messages. */
export function planNames(
  spec: ServiceInstanceSpec,
  serviceClass: AnyClass,
  namespace: string,
  facts: Facts,
): string[] {
  const naming = namedClass(spec);
  if (naming === undefined) return [];
  const plans = facts.lists.get(plansNeed(naming.scope, serviceClass, namespace).id) ?? [];
  return (plans as readonly AnyPlan[])
    .filter((plan) => plan.status?.removedFromBrokerCatalog !== true)
    .map((plan) => plan.spec.externalName)
    .sort();
}

function findClass(naming: Naming, namespace: string, facts: Facts): Resolved<AnyClass> {
  const { id } = classNeed(naming, namespace);
  const object = facts.objects.get(id);
  const candidates = object === undefined ? (facts.lists.get(id) ?? []) : [object];
  return resolveClass(naming, candidates as readonly AnyClass[], namespace);
}

function classNeed(naming: Naming, namespace: string): Need {
  const { scope } = naming;
  const where = scope.namespaced ? { namespace } : {};
  const id = `class ${scope.name}/${naming.by}/${naming.value}`;
  const fields = labelFieldsOf(naming);
  if (fields === undefined) return { id, type: 'get', resource: scope.classes, ...where, name: naming.value };
  return { id, type: 'list', resource: scope.classes, ...where, labelSelector: labelSelector(fields) };
}

function plansNeed(scope: Scope, serviceClass: AnyClass, namespace: string): Need {
  const name = serviceClass.metadata.name ?? '';
  return {
    id: `plans of ${scope.name}/${name}`,
    type: 'list',
    resource: scope.plans,
    ...(scope.namespaced ? { namespace } : {}),
    labelSelector: `${labelKey(`spec.${scope.classRefField}.name`)}=${labelValue(name)}`,
  };
}
