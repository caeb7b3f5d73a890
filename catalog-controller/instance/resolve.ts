import { describeNaming, namedClass, namedPlan, resolveClass, resolvePlan } from '../../lib/catalog/references.ts';
import type { Naming, Resolved } from '../../lib/catalog/references.ts';
import { instanceLabels } from '../../lib/catalog/labels.ts';
import { brokerNameOf } from '../../lib/catalog/scope.ts';
import type { AnyClass, AnyPlan, Scope } from '../../lib/catalog/scope.ts';
import type { ServiceInstance } from '../../lib/catalog/types.generated.ts';
import { formatKey } from '../../lib/kube/objects.ts';
import { inScope, namedKey } from '../caches.ts';
import type { Caches } from '../caches.ts';
import type { Resolution } from './observed.ts';

/** Class and plan of an instance as objects. */
export type ResolvedOffer =
  | { readonly found: true; readonly scope: Scope; readonly serviceClass: AnyClass; readonly plan: AnyPlan }
  | Extract<Resolution, { found: false }>;

/**
 * The class and plan an instance means. The class it was resolved to once stays: its fields are immutable, and another
 * broker that comes to offer a class of the same name must not make it ambiguous. So does the plan, as long as it is
 * the one that is named.
 */
export function resolveOffer(caches: Pick<Caches, 'scopes'>, instance: ServiceInstance): ResolvedOffer {
  const naming = namedClass(instance.spec);
  if (naming === undefined) {
    return notFound('ReferencesNonexistentServiceClass', 'The instance names no class. Name one in its spec.');
  }
  const { scope } = naming;
  const serviceClass = findClass(caches, instance, naming);
  if (serviceClass.kind !== 'found') {
    return notFound('ReferencesNonexistentServiceClass', explain(naming, 'classes', serviceClass, ''));
  }
  const plan = findPlan(caches, instance, scope, serviceClass.object);
  if (plan.kind !== 'found') {
    const planNaming = namedPlan(instance.spec);
    const ofClass = ` of class "${serviceClass.object.spec.externalName}"`;
    return notFound(
      'ReferencesNonexistentServicePlan',
      planNaming === undefined
        ? `The instance names no plan, and the class has ${plan.kind === 'none' ? 'none' : 'more than one'}. Name one in its spec.`
        : explain(planNaming, 'plans', plan, ofClass),
    );
  }
  return { found: true, scope, serviceClass: serviceClass.object, plan: plan.object };
}

/** The same, reduced to what decisions rest on. */
export function resolutionOf(instance: ServiceInstance, offer: ResolvedOffer): Resolution {
  if (!offer.found) return offer;
  const { scope, serviceClass, plan } = offer;
  const refs = {
    [scope.classRefField]: { name: serviceClass.metadata.name ?? '' },
    [scope.planRefField]: { name: plan.metadata.name ?? '' },
  };
  return {
    found: true,
    target: {
      scope,
      broker: inScope(scope, instance.metadata.namespace, brokerNameOf(scope, serviceClass)),
      classId: serviceClass.spec.externalID,
      planId: plan.spec.externalID,
      planName: plan.spec.externalName,
    },
    refs,
    labels: instanceLabels({ ...instance, spec: { ...instance.spec, ...refs } }),
    classRemoved: serviceClass.status?.removedFromBrokerCatalog === true,
    planRemoved: plan.status?.removedFromBrokerCatalog === true,
    planUpdatable: plan.spec.planUpdatable ?? serviceClass.spec.planUpdatable ?? false,
    maximumPollingSeconds: plan.spec.maximumPollingDuration,
  };
}

function findClass(caches: Pick<Caches, 'scopes'>, instance: ServiceInstance, naming: Naming): Resolved<AnyClass> {
  const { scope } = naming;
  const { classes } = caches.scopes[scope.name];
  const { namespace = '' } = instance.metadata;
  const known = instance.spec[scope.classRefField]?.name;
  if (known !== undefined) {
    const object = classes.get(inScope(scope, namespace, known));
    return object === undefined ? { kind: 'none' } : { kind: 'found', object };
  }
  const candidates = classes.byIndex('named', namedKey(scope, namespace, naming.by, naming.value));
  return resolveClass(naming, candidates, namespace);
}

function findPlan(
  caches: Pick<Caches, 'scopes'>,
  instance: ServiceInstance,
  scope: Scope,
  serviceClass: AnyClass,
): Resolved<AnyPlan> {
  const { namespace = '' } = instance.metadata;
  const { plans } = caches.scopes[scope.name];
  const ofClass = plans.byIndex('class', formatKey(inScope(scope, namespace, serviceClass.metadata.name ?? '')));
  const naming = namedPlan(instance.spec);
  const known = instance.spec[scope.planRefField]?.name;
  const kept = ofClass.find((plan) => plan.metadata.name === known);
  if (kept !== undefined) {
    const stillMeant = resolvePlan(naming, scope, serviceClass, [kept], namespace).kind === 'found';
    if (naming === undefined || stillMeant) return { kind: 'found', object: kept };
  }
  return resolvePlan(naming, scope, serviceClass, ofClass, namespace);
}

function explain(naming: Naming, what: 'classes' | 'plans', resolved: Resolved<unknown>, where: string): string {
  const described = describeNaming(naming, what);
  return resolved.kind === 'several'
    ? `There is more than one ${described}${where}: ${resolved.names.join(', ')}. Name it by its object name.`
    : `There is no ${described}${where}.`;
}

function notFound(
  reason: Extract<Resolution, { found: false }>['reason'],
  message: string,
): Extract<Resolution, { found: false }> {
  return { found: false, reason, message };
}
