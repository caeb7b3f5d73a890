import { apiVersionOf, controllerOf } from '../kube/objects.ts';
import type { KubeObject, OwnerReference } from '../kube/objects.ts';
import type { Catalog, JsonObject, ServiceOffering, ServicePlan as OsbPlan } from '../osb/types.ts';
import { offersClass, offersPlan } from './catalog-restrictions.ts';
import type { CatalogRestrictions } from './catalog-restrictions.ts';
import { classLabels, planLabels } from './labels.ts';
import { escapedName } from './names.ts';
import { API_GROUP } from './resources.ts';
import { brokerNameOf } from './scope.ts';
import type { AnyBroker, AnyClass, AnyPlan, Scope } from './scope.ts';
import { sameJson } from './same-json.ts';

/** What a broker's catalog comes to: the class and plan objects there should be. */
export interface DesiredCatalog {
  readonly classes: readonly AnyClass[];
  readonly plans: readonly AnyPlan[];
  /**
   * What cannot be published, each a sentence. When there is any, nothing of the catalog should be applied: what is
   * missing from the lists because of a fault would look as if the broker had removed it.
   */
  readonly faults: readonly string[];
}

/** Characters of ids and names in classes and plans; the schema of the CRDs says the same. */
const MAX_LENGTH = 63;

/**
 * The objects for `catalog`, restricted to what the broker's catalogRestrictions offer. A class of which no plan is
 * offered is left out with them.
 *
 * `existing` are the classes and plans of this broker that are there: an object that is named with the bare id, as early
 * versions of the original did, keeps its name.
 */
export function desiredCatalog(
  scope: Scope,
  broker: AnyBroker,
  catalog: Catalog,
  restrictions: CatalogRestrictions,
  existing: { readonly classes: readonly AnyClass[]; readonly plans: readonly AnyPlan[] },
): DesiredCatalog {
  const faults = new CatalogFaults();
  const names = {
    classes: new Set(existing.classes.map((known) => known.metadata.name)),
    plans: new Set(existing.plans.map((known) => known.metadata.name)),
  };
  const classes: AnyClass[] = [];
  const plans: AnyPlan[] = [];
  for (const service of catalog.services) {
    faults.checkEntry('service', service);
    if (service.plans.length === 0) faults.add(`service "${shown(service.name)}" has no plan`);
    const serviceClass = desiredClass(scope, broker, service, names.classes.has(service.id));
    const offered = service.plans
      .map((plan) => {
        faults.checkEntry('plan', plan);
        return desiredPlan(scope, broker, plan, serviceClass, names.plans.has(plan.id));
      })
      .filter((plan) => offersPlan(restrictions, scope, plan));
    faults.checkTwice(`plan of service "${shown(service.name)}"`, service.plans);
    if (!offersClass(restrictions, serviceClass) || offered.length === 0) continue;
    classes.push(serviceClass);
    plans.push(...offered);
  }
  faults.checkTwice('service', catalog.services);
  faults.checkSameObject(classes);
  faults.checkSameObject(plans);
  return { classes, plans, faults: faults.all };
}

function desiredClass(scope: Scope, broker: AnyBroker, service: ServiceOffering, keepsBareId: boolean): AnyClass {
  const spec = {
    [scope.brokerNameField]: broker.metadata.name ?? '',
    externalName: service.name,
    externalID: service.id,
    description: service.description,
    bindable: service.bindable,
    bindingRetrievable: service.bindings_retrievable ?? false,
    instanceRetrievable: service.instances_retrievable ?? false,
    planUpdatable: service.plan_updateable ?? false,
    ...whenGiven('externalMetadata', service.metadata),
    ...whenGiven('tags', service.tags),
    ...whenGiven('requires', service.requires),
  } as AnyClass['spec'];
  const object = { ...identity(scope, 'classes', broker, service.id, keepsBareId), spec } as AnyClass;
  return { ...object, metadata: { ...object.metadata, labels: classLabels(scope, object) } };
}

function desiredPlan(
  scope: Scope,
  broker: AnyBroker,
  plan: OsbPlan,
  serviceClass: AnyClass,
  keepsBareId: boolean,
): AnyPlan {
  const { schemas } = plan;
  const spec = {
    [scope.brokerNameField]: broker.metadata.name ?? '',
    [scope.classRefField]: { name: serviceClass.metadata.name ?? '' },
    externalName: plan.name,
    externalID: plan.id,
    description: plan.description,
    // OSB's default; the original took a missing value for false.
    free: plan.free ?? true,
    ...whenGiven('bindable', plan.bindable),
    ...whenGiven('planUpdatable', plan.plan_updateable),
    ...whenGiven('externalMetadata', plan.metadata),
    ...whenGiven('instanceCreateParameterSchema', schemas?.service_instance?.create?.parameters),
    ...whenGiven('instanceUpdateParameterSchema', schemas?.service_instance?.update?.parameters),
    ...whenGiven('serviceBindingCreateParameterSchema', schemas?.service_binding?.create?.parameters),
    ...whenGiven('maximumPollingDuration', plan.maximum_polling_duration),
    ...whenGiven('maintenanceInfo', maintenanceInfo(plan)),
  } as unknown as AnyPlan['spec'];
  const object = { ...identity(scope, 'plans', broker, plan.id, keepsBareId), spec } as AnyPlan;
  return { ...object, metadata: { ...object.metadata, labels: planLabels(scope, object) } };
}

function maintenanceInfo(plan: OsbPlan): JsonObject | undefined {
  if (plan.maintenance_info === undefined) return undefined;
  const { version, description } = plan.maintenance_info;
  return { version, ...whenGiven('description', description) };
}

function identity(
  scope: Scope,
  what: 'classes' | 'plans',
  broker: AnyBroker,
  externalID: string,
  keepsBareId: boolean,
): KubeObject {
  return {
    apiVersion: apiVersionOf(scope[what]),
    kind: scope[what].kind,
    metadata: {
      name: keepsBareId ? externalID : escapedName(externalID),
      ...(scope.namespaced ? whenGiven('namespace', broker.metadata.namespace) : {}),
      ownerReferences: [ownerReference(scope, broker)],
    },
  };
}

/** How a class or plan says which broker made it: it goes with the broker, and tells ours from those users made. */
export function ownerReference(scope: Scope, broker: AnyBroker): OwnerReference {
  return {
    apiVersion: apiVersionOf(scope.brokers),
    kind: scope.brokers.kind,
    name: broker.metadata.name ?? '',
    uid: broker.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: false,
  };
}

/**
 * Whether reading the catalog made this class or plan, so that reading it again may change or remove it. What users
 * made themselves, a copy of a class for example, is theirs. The original gave namespaced classes and plans no owner;
 * those are known by their names.
 */
export function isManaged(scope: Scope, object: AnyClass | AnyPlan): boolean {
  const owner = controllerOf(object);
  if (owner !== undefined) return owner.apiVersion.split('/')[0] === API_GROUP && owner.kind === scope.brokers.kind;
  const { externalID } = object.spec;
  return scope.namespaced && (object.metadata.name === externalID || object.metadata.name === escapedName(externalID));
}

/**
 * `existing` brought up to `desired`: the spec, our labels and the owner. What operators and others put there stays:
 * defaultProvisionParameters, other labels, annotations. Returns `existing` itself when nothing has to change.
 */
export function updatedFromCatalog<T extends AnyClass | AnyPlan>(existing: T, desired: T): T {
  const { defaultProvisionParameters } = existing.spec;
  const spec = { ...desired.spec, ...whenGiven('defaultProvisionParameters', defaultProvisionParameters) };
  const labels = { ...existing.metadata.labels, ...desired.metadata.labels };
  const ownerReferences =
    controllerOf(existing) === undefined
      ? [...(existing.metadata.ownerReferences ?? []), ...(desired.metadata.ownerReferences ?? [])]
      : existing.metadata.ownerReferences;
  const next = {
    ...existing,
    metadata: { ...existing.metadata, labels, ...whenGiven('ownerReferences', ownerReferences) },
    spec,
  };
  return sameJson(next, existing) ? existing : next;
}

/** Whether the name that is wanted is taken by another broker's class or plan. */
export function belongsToAnother(scope: Scope, existing: AnyClass | AnyPlan, broker: AnyBroker): boolean {
  return brokerNameOf(scope, existing) !== broker.metadata.name;
}

class CatalogFaults {
  readonly all: string[] = [];

  add(fault: string): void {
    this.all.push(fault);
  }

  checkEntry(what: string, entry: { readonly id: string; readonly name: string }): void {
    for (const field of ['id', 'name'] as const) {
      const { length } = entry[field];
      if (length === 0 || length > MAX_LENGTH) {
        this.add(
          `the ${field} of ${what} "${shown(entry.name)}" has ${length} characters; 1 to ${MAX_LENGTH} are possible`,
        );
      }
    }
  }

  checkTwice(what: string, entries: readonly { readonly id: string; readonly name: string }[]): void {
    for (const field of ['id', 'name'] as const) {
      for (const value of duplicates(entries.map((entry) => entry[field]))) {
        this.add(`more than one ${what} has the ${field} "${shown(value)}"`);
      }
    }
  }

  /** Ids of plans are unique in the whole catalog; what escapes to one name cannot be two objects. */
  checkSameObject(objects: readonly (AnyClass | AnyPlan)[]): void {
    for (const name of duplicates(objects.map((object) => object.metadata.name ?? ''))) {
      this.add(
        `more than one ${objects[0]?.kind ?? 'object'} would be named "${name}"; ids must differ in the whole catalog`,
      );
    }
  }
}

function duplicates(values: readonly string[]): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const value of values) (seen.has(value) ? twice : seen).add(value);
  return [...twice];
}

/** A broker's word in a message: bounded, for brokers are strangers. */
function shown(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

function whenGiven<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
