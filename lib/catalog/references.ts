import { brokerNameOf, classNameOf, SCOPES } from './scope.ts';
import type { AnyClass, AnyPlan, NamingFields, Scope } from './scope.ts';
import type { ServiceInstanceSpec } from './types.generated.ts';

/** Which class and plan an instance means. Pure: the candidates are handed in. */

export type NamedBy = keyof NamingFields<unknown>;
const NAMED_BY: readonly NamedBy[] = ['externalName', 'externalID', 'name'];

/** What a user wrote to name a class or a plan. */
export interface Naming {
  readonly scope: Scope;
  readonly by: NamedBy;
  readonly value: string;
}

/** The class an instance names; undefined when it names none. An instance that names two is refused by the schema. */
export function namedClass(spec: ServiceInstanceSpec): Naming | undefined {
  return namings(spec, 'classFields')[0];
}

/** The plan an instance names; undefined when it leaves the choice to the class. */
export function namedPlan(spec: ServiceInstanceSpec): Naming | undefined {
  return namings(spec, 'planFields')[0];
}

/** Everything an instance names as its class (or plan), in a fixed order. One entry when it is well-formed. */
export function namings(spec: ServiceInstanceSpec, fields: 'classFields' | 'planFields'): Naming[] {
  return SCOPES.flatMap((scope) =>
    NAMED_BY.flatMap((by): Naming[] => {
      const value = spec[scope[fields][by]];
      return value === undefined || value === '' ? [] : [{ scope, by, value }];
    }),
  );
}

/** The field of the instance a naming was read from. */
export function fieldOf(naming: Naming, fields: 'classFields' | 'planFields'): keyof ServiceInstanceSpec {
  return naming.scope[fields][naming.by];
}

export type Resolved<T> =
  | { readonly kind: 'found'; readonly object: T }
  | { readonly kind: 'none' }
  /** The names of the objects that match, sorted. */
  | { readonly kind: 'several'; readonly names: readonly string[] };

/**
 * The class that is meant. `candidates` are classes of the naming's scope, and for namespaced ones of the instance's
 * namespace; others among them are ignored. A class that its broker has removed counts only when no other matches.
 */
export function resolveClass(naming: Naming, candidates: readonly AnyClass[], namespace: string): Resolved<AnyClass> {
  return only(
    candidates.filter((candidate) => isVisible(naming.scope, candidate, namespace) && isNamedBy(naming, candidate)),
  );
}

/**
 * The plan of `serviceClass` that is meant; without a naming the only plan there is. `candidates` as in
 * {@link resolveClass}.
 */
export function resolvePlan(
  naming: Naming | undefined,
  scope: Scope,
  serviceClass: AnyClass,
  candidates: readonly AnyPlan[],
  namespace: string,
): Resolved<AnyPlan> {
  const ofClass = candidates.filter(
    (plan) =>
      isVisible(scope, plan, namespace) &&
      classNameOf(scope, plan) === serviceClass.metadata.name &&
      brokerNameOf(scope, plan) === brokerNameOf(scope, serviceClass),
  );
  if (naming !== undefined) return only(ofClass.filter((plan) => isNamedBy(naming, plan)));
  // Nobody can order a removed plan, so it is no choice: neither the only one nor one too many.
  return only(ofClass.filter((plan) => plan.status?.removedFromBrokerCatalog !== true));
}

/** The label fields by which the API server finds what is named; undefined when it is named by the object's own name. */
export function labelFieldsOf(naming: Naming): Record<string, string> | undefined {
  switch (naming.by) {
    case 'externalName':
      return { 'spec.externalName': naming.value };
    case 'externalID':
      return { 'spec.externalID': naming.value };
    case 'name':
      return undefined;
  }
}

/** `status.userSpecifiedClassName` and `status.userSpecifiedPlanName`: what kubectl shows. */
export function userSpecifiedNames(spec: ServiceInstanceSpec): { className: string; planName: string } {
  const serviceClass = namedClass(spec);
  return {
    className: serviceClass === undefined ? '' : `${serviceClass.scope.classes.kind}/${serviceClass.value}`,
    planName: namedPlan(spec)?.value ?? '',
  };
}

/** A naming in words for messages, such as `ClusterServiceClass "cloud-mysql" (by external name)`. */
export function describeNaming(naming: Naming, what: 'classes' | 'plans'): string {
  const how = { externalName: 'by external name', externalID: 'by external id', name: 'by object name' }[naming.by];
  return `${naming.scope[what].kind} "${naming.value}" (${how})`;
}

/** Whether this is a class, or plan, of the name; scope and namespace apart. */
export function isNamedBy(naming: Naming, candidate: AnyClass | AnyPlan): boolean {
  switch (naming.by) {
    case 'externalName':
      return candidate.spec.externalName === naming.value;
    case 'externalID':
      return candidate.spec.externalID === naming.value;
    case 'name':
      return candidate.metadata.name === naming.value;
  }
}

function isVisible(scope: Scope, candidate: AnyClass | AnyPlan, namespace: string): boolean {
  return !scope.namespaced || candidate.metadata.namespace === namespace;
}

function only<T extends AnyClass | AnyPlan>(matching: readonly T[]): Resolved<T> {
  const active = matching.filter((candidate) => candidate.status?.removedFromBrokerCatalog !== true);
  const chosen = active.length > 0 ? active : matching;
  const [first, second] = chosen;
  if (first === undefined) return { kind: 'none' };
  if (second === undefined) return { kind: 'found', object: first };
  return { kind: 'several', names: chosen.map((candidate) => candidate.metadata.name ?? '').sort() };
}
