import { SCOPES } from '../lib/catalog/scope.ts';
import type { AnyBroker, AnyClass, AnyPlan, Scope } from '../lib/catalog/scope.ts';
import { isTrue } from '../lib/catalog/conditions.ts';
import type { ServiceBinding, ServiceInstance } from '../lib/catalog/types.generated.ts';
import { changesOf, Controller, copyOf } from '../lib/kube/controller.ts';
import type { ControllerObserver, Source } from '../lib/kube/controller.ts';
import type { Change, Informer } from '../lib/kube/informer.ts';
import { formatKey, keyOf } from '../lib/kube/objects.ts';
import type { KubeObject } from '../lib/kube/objects.ts';
import { reconcileBinding } from './binding/reconcile.ts';
import { brokerOf } from './broker/observe.ts';
import { reconcileBroker } from './broker/reconcile.ts';
import { brokerKeyOf, classNames, inScope, instanceKeyOf, refKey } from './caches.ts';
import type { Caches, ScopeCaches } from './caches.ts';
import type { Context } from './context.ts';
import { reconcileInstance } from './instance/reconcile.ts';
import type { Memory } from './memory.ts';
import { reconcileOffering } from './offering/reconcile.ts';

/** After an error of the API server. What brokers answer has pauses of its own, in the status. */
const API_BACKOFF = { initialMs: 200, maximumMs: 15_000 };

/**
 * Which change wakes which key: the whole wiring. Work on instances and bindings is grouped by broker, so that one that
 * hangs takes up its own workers only.
 */
export function createControllers(context: Context, observer: (name: string) => ControllerObserver): Controller[] {
  const { caches, memory, settings, clock, random, log } = context;
  const controller = (
    name: string,
    reconcile: (key: string, signal: AbortSignal) => Promise<Awaited<ReturnType<typeof reconcileInstance>>>,
    sources: readonly Source[],
    groupOf?: (key: string) => string,
  ): Controller =>
    new Controller({
      name,
      reconcile,
      sources,
      log,
      clock,
      random,
      concurrencyPerGroup: settings.concurrentSyncs,
      backoff: API_BACKOFF,
      observer: observer(name),
      ...(groupOf === undefined ? {} : { groupOf }),
    });
  /** Everything that is observed has to be there before anything is decided. */
  const synced: Source[] = caches.all.map(copyOf);
  const instanceGroup = (key: string): string => groupOfInstance(caches, caches.instances.get(key));

  return [
    controller(
      'instances',
      (key, signal) => reconcileInstance(context, key, signal),
      [
        ...synced,
        changesOf(caches.instances, ({ key, object, type }) =>
          type === 'deleted' ? keysSharing(caches.instances, object.spec.externalID) : [key],
        ),
        changesOf(caches.bindings, ({ object, type }) => (type === 'updated' ? [] : [instanceKeyOf(object)])),
        changesOf(caches.namespaces, ({ object, type }) =>
          type === 'added' ? caches.instances.byIndex('namespace', object.metadata.name ?? '').map(keyOf) : [],
        ),
        ...SCOPES.flatMap((scope) => instancesAffected(caches, scope, memory)),
      ],
      instanceGroup,
    ),
    controller(
      'bindings',
      (key, signal) => reconcileBinding(context, key, signal),
      [
        ...synced,
        changesOf(caches.bindings, ({ key, object, type }) =>
          type === 'deleted' ? keysSharing(caches.bindings, object.spec.externalID) : [key],
        ),
        changesOf(caches.instances, ({ key }) => caches.bindings.byIndex('instance', key).map(keyOf)),
        ...SCOPES.flatMap((scope) =>
          instancesAffected(caches, scope, memory, (instance) => bindingsOf(caches, instance)),
        ),
      ],
      (key) => {
        const binding = caches.bindings.get(key);
        return binding === undefined ? '' : instanceGroup(instanceKeyOf(binding));
      },
    ),
    ...SCOPES.flatMap((scope) => [
      controller(
        scope.brokers.plural,
        (key, signal) => reconcileBroker(context, scope, key, signal),
        [...synced, changesOf(caches.scopes[scope.name].brokers), ...brokersAffected(caches, scope)],
        // Each on its own: reading a catalog may take as long as a request may.
        (key) => key,
      ),
      ...(['classes', 'plans'] as const).map((what) =>
        controller(scope[what].plural, (key, signal) => reconcileOffering(context, scope, what, key, signal), [
          ...synced,
          changesOf(caches.scopes[scope.name][what] as unknown as Informer<KubeObject>),
          changesOf(caches.instances, (change) => offeringsLeft(scope, what, change)),
        ]),
      ),
    ]),
  ];
}

/** Sources that wake the instances (or what belongs to them) a broker, class or plan matters to. */
function instancesAffected(
  caches: Caches,
  scope: Scope,
  memory: Memory,
  concerned: (instance: ServiceInstance) => readonly KubeObject[] = (instance) => [instance],
): Source[] {
  const { brokers, classes, plans } = caches.scopes[scope.name];
  const ofClass = (serviceClass: AnyClass): ServiceInstance[] => [
    ...caches.instances.byIndex('class', refKey(scope, keyOf(serviceClass))),
    ...classNames(scope, serviceClass).flatMap((name) => caches.instances.byIndex('wants', name)),
  ];
  const ofPlan = (plan: AnyPlan): ServiceInstance[] => {
    const serviceClass = classOf(scope, caches.scopes[scope.name], plan);
    return serviceClass === undefined ? [] : ofClass(serviceClass);
  };
  const keys = (instances: readonly ServiceInstance[]): Set<string> =>
    new Set(instances.flatMap((instance) => concerned(instance).map(keyOf)));
  return [
    changesOf(classes, ({ object }) => keys(ofClass(object))),
    changesOf(plans, ({ object }) => keys(ofPlan(object))),
    changesOf(brokers, (change) => {
      if (!isTelling(change)) return [];
      const affected = classes.byIndex('broker', change.key).flatMap(ofClass);
      // A broker that is seen for the first time is no news: what is postponed stays so when this process begins.
      if (change.type === 'updated') {
        for (const { metadata } of affected.flatMap(concerned)) memory.brokerChanged(metadata.uid ?? '');
      }
      return keys(affected);
    }),
    // What is at a broker whose classes are gone is known by its status alone.
    changesOf(brokers, ({ key, type }) =>
      type === 'added' ? keys(caches.instances.list().filter((instance) => isAt(caches, instance, scope, key))) : [],
    ),
  ];
}

/** Sources that wake a broker that is being deleted: its instances, classes and plans going away. */
function brokersAffected(caches: Caches, scope: Scope): Source[] {
  const { brokers, classes, plans } = caches.scopes[scope.name];
  const ifDeleting = (key: string | undefined): string[] =>
    key !== undefined && brokers.get(key)?.metadata.deletionTimestamp !== undefined ? [key] : [];
  return [
    changesOf(caches.instances, ({ object }) => {
      const at = brokerOf(caches, object);
      return at?.scope === scope ? ifDeleting(at.key) : [];
    }),
    changesOf(classes, ({ object, type }) => (type === 'deleted' ? ifDeleting(brokerKeyOf(scope, object)) : [])),
    changesOf(plans, ({ object, type }) => (type === 'deleted' ? ifDeleting(brokerKeyOf(scope, object)) : [])),
  ];
}

/** The class or plan an instance no longer refers to. */
function offeringsLeft(scope: Scope, what: 'classes' | 'plans', change: Change<ServiceInstance>): string[] {
  const field = what === 'classes' ? scope.classRefField : scope.planRefField;
  const refOf = (instance: ServiceInstance): string | undefined => {
    const name = instance.spec[field]?.name;
    return name === undefined ? undefined : formatKey(inScope(scope, instance.metadata.namespace, name));
  };
  const before = change.type === 'updated' ? refOf(change.previous) : refOf(change.object);
  const isLeft = change.type === 'deleted' || (change.type === 'updated' && refOf(change.object) !== before);
  return isLeft && before !== undefined ? [before] : [];
}

/** Whether there is something new about a broker to those that wait for it: not every reading of its catalog is. */
function isTelling(change: Change<AnyBroker>): boolean {
  if (change.type !== 'updated') return true;
  const { object, previous } = change;
  return (
    object.metadata.generation !== previous.metadata.generation ||
    object.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp ||
    isTrue(object.status, 'Ready') !== isTrue(previous.status, 'Ready')
  );
}

function isAt(caches: Caches, instance: ServiceInstance, scope: Scope, key: string): boolean {
  const at = brokerOf(caches, instance);
  return at?.scope === scope && at.key === key;
}

function groupOfInstance(caches: Caches, instance: ServiceInstance | undefined): string {
  const at = instance === undefined ? undefined : brokerOf(caches, instance);
  return at === undefined ? '' : refKey(at.scope, at.key);
}

function classOf(scope: Scope, { classes }: ScopeCaches, plan: AnyPlan): AnyClass | undefined {
  const name = (plan.spec as Partial<Record<Scope['classRefField'], { name?: string }>>)[scope.classRefField]?.name;
  return name === undefined ? undefined : classes.get(inScope(scope, plan.metadata.namespace, name));
}

function bindingsOf(caches: Caches, instance: ServiceInstance): ServiceBinding[] {
  return caches.bindings.byIndex('instance', keyOf(instance));
}

/** Those that had to give way to an object that is gone. */
function keysSharing<T extends KubeObject>(cache: Informer<T>, externalID: string | undefined): string[] {
  return externalID === undefined || externalID === '' ? [] : cache.byIndex('externalID', externalID).map(keyOf);
}
