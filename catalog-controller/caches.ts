import { NAMESPACES } from '../lib/kube/core-resources.ts';
import type { Namespace } from '../lib/kube/core-resources.ts';
import type { KubeClient } from '../lib/kube/client.ts';
import { Informer } from '../lib/kube/informer.ts';
import { formatKey, keyOf } from '../lib/kube/objects.ts';
import type { KubeObject, ObjectKey } from '../lib/kube/objects.ts';
import { namedClass } from '../lib/catalog/references.ts';
import type { NamedBy } from '../lib/catalog/references.ts';
import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../lib/catalog/resources.ts';
import { brokerNameOf, classNameOf, CLUSTER_SCOPE, NAMESPACE_SCOPE, SCOPES } from '../lib/catalog/scope.ts';
import type { AnyBroker, AnyClass, AnyPlan, Scope } from '../lib/catalog/scope.ts';
import type { ServiceBinding, ServiceInstance } from '../lib/catalog/types.generated.ts';
import type { Logger } from '../lib/runtime/log.ts';

/** The copies of one scope's brokers, classes and plans. */
export interface ScopeCaches {
  readonly brokers: Informer<AnyBroker>;
  /** Indexes: `broker` (key of the broker), `named` (see {@link namedKey}). */
  readonly classes: Informer<AnyClass>;
  /** Indexes: `broker`, `class` (keys). */
  readonly plans: Informer<AnyPlan>;
}

/** Copies of everything the controllers read often. Secrets are not among them: they are read one by one. */
export interface Caches {
  readonly scopes: Readonly<Record<Scope['name'], ScopeCaches>>;
  /** Indexes: `class` and `plan` (see {@link refKey}), `wants` (see {@link namedKey}), `externalID`, `namespace`. */
  readonly instances: Informer<ServiceInstance>;
  /** Indexes: `instance` (key), `externalID`. */
  readonly bindings: Informer<ServiceBinding>;
  readonly namespaces: Informer<Namespace>;
  readonly all: readonly Informer<KubeObject>[];
}

/** Makes the informers; none has begun yet. */
export function createCaches(client: KubeClient, log: Logger): Caches {
  const ofScope = (scope: Scope): ScopeCaches => ({
    brokers: new Informer({ client, log, resource: scope.brokers }),
    classes: new Informer({
      client,
      log,
      resource: scope.classes,
      indexes: { broker: (offered) => [brokerKeyOf(scope, offered)], named: (offered) => classNames(scope, offered) },
    }),
    plans: new Informer({
      client,
      log,
      resource: scope.plans,
      indexes: {
        broker: (plan) => [brokerKeyOf(scope, plan)],
        class: (plan) => [formatKey(inScope(scope, plan.metadata.namespace, classNameOf(scope, plan)))],
      },
    }),
  });
  const scopes = { cluster: ofScope(CLUSTER_SCOPE), namespace: ofScope(NAMESPACE_SCOPE) };
  const instances = new Informer({
    client,
    log,
    resource: SERVICE_INSTANCES,
    indexes: {
      class: (instance) => refs(instance, 'classRefField'),
      plan: (instance) => refs(instance, 'planRefField'),
      wants: wantedClass,
      externalID: (instance) => nonEmpty(instance.spec.externalID),
      namespace: (instance) => nonEmpty(instance.metadata.namespace),
    },
  });
  const bindings = new Informer({
    client,
    log,
    resource: SERVICE_BINDINGS,
    indexes: {
      instance: (binding) => [instanceKeyOf(binding)],
      externalID: (binding) => nonEmpty(binding.spec.externalID),
    },
  });
  const namespaces = new Informer({ client, log, resource: NAMESPACES });
  const all = [
    ...SCOPES.flatMap(({ name }) => [scopes[name].brokers, scopes[name].classes, scopes[name].plans]),
    instances,
    bindings,
    namespaces,
  ] as unknown as Informer<KubeObject>[];
  return { scopes, instances, bindings, namespaces, all };
}

/** A key in the scope: namespaced objects are in `namespace`, those of the cluster in none. */
export function inScope(scope: Scope, namespace: string | undefined, name: string): ObjectKey {
  return scope.namespaced && namespace !== undefined ? { namespace, name } : { name };
}

/** The key of the broker that offers a class or plan. */
export function brokerKeyOf(scope: Scope, offered: AnyClass | AnyPlan): string {
  return formatKey(inScope(scope, offered.metadata.namespace, brokerNameOf(scope, offered)));
}

/** A class or plan object as instances refer to it: names of the two scopes may be the same. */
export function refKey(scope: Scope, key: string): string {
  return `${scope.name} ${key}`;
}

/** One way to name a class. */
export function namedKey(scope: Scope, namespace: string | undefined, by: NamedBy, value: string): string {
  return refKey(scope, `${by} ${formatKey(inScope(scope, namespace, value))}`);
}

/** Every way to name this class. */
export function classNames(scope: Scope, offered: AnyClass): string[] {
  const { namespace, name = '' } = offered.metadata;
  return [
    namedKey(scope, namespace, 'externalName', offered.spec.externalName),
    namedKey(scope, namespace, 'externalID', offered.spec.externalID),
    namedKey(scope, namespace, 'name', name),
  ];
}

/** The key of the instance a binding names. */
export function instanceKeyOf(binding: ServiceBinding): string {
  return keyOf({ metadata: { ...binding.metadata, name: binding.spec.instanceRef.name } });
}

function wantedClass(instance: ServiceInstance): string[] {
  const naming = namedClass(instance.spec);
  return naming === undefined ? [] : [namedKey(naming.scope, instance.metadata.namespace, naming.by, naming.value)];
}

function refs(instance: ServiceInstance, field: 'classRefField' | 'planRefField'): string[] {
  return SCOPES.flatMap((scope) => {
    const name = instance.spec[scope[field]]?.name;
    return name === undefined ? [] : [refKey(scope, formatKey(inScope(scope, instance.metadata.namespace, name)))];
  });
}

function nonEmpty(value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : [value];
}
