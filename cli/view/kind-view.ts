import type { KubeObject, Resource } from '../../lib/kube/objects.ts';
import type { AnyBroker, AnyClass, AnyPlan } from '../../lib/catalog/scope.ts';
import { CLUSTER_SCOPE, classNameOf, NAMESPACE_SCOPE, SCOPES } from '../../lib/catalog/scope.ts';
import type { Condition, ServiceBinding, ServiceInstance } from '../../lib/catalog/types.generated.ts';
import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../lib/catalog/resources.ts';
import type { KindName, ScopeChoice } from '../kinds.ts';
import { age } from '../output/age.ts';
import { classText, planText } from './references.ts';

/** What a column may need besides its object. */
export interface ViewContext {
  readonly now: number;
  /** The external name of a class, by the name of its object. */
  readonly classNames: ReadonlyMap<string, string>;
}

interface Column<T> {
  readonly header: string;
  readonly value: (object: T, context: ViewContext) => string;
}

/** Where a kind is found and how a list of it looks. */
export interface KindView<T extends KubeObject = KubeObject> {
  readonly resources: (choice: ScopeChoice) => readonly Resource<T>[];
  readonly columns: readonly Column<T>[];
  /** The names a user may call it by. */
  readonly names: (object: T) => readonly string[];
}

/** The object's short state, as the STATUS column of kubectl. */
export function statusText(object: KubeObject & { status?: { lastConditionState?: string } }): string {
  if (object.metadata.deletionTimestamp !== undefined) return 'Deleting';
  return object.status?.lastConditionState || 'Pending';
}

/** `Ready has been True for 3m (FetchedCatalog): message`, one line a condition. */
export function conditionLines(conditions: readonly Condition[] | undefined, now: number): string {
  return (conditions ?? [])
    .map(({ type, status, reason, message, lastTransitionTime }) =>
      `${type} has been ${status} for ${age(lastTransitionTime, now)} (${reason}): ${message}`.trim(),
    )
    .join('\n');
}

export function offerStatus(offered: AnyClass | AnyPlan): string {
  return offered.status?.removedFromBrokerCatalog ? 'Deprecated' : 'Active';
}

const name: Column<KubeObject> = { header: 'NAME', value: ({ metadata }) => metadata.name ?? '' };
const namespace: Column<KubeObject> = { header: 'NAMESPACE', value: ({ metadata }) => metadata.namespace ?? '' };
const ageColumn: Column<KubeObject> = {
  header: 'AGE',
  value: ({ metadata }, { now }) => age(metadata.creationTimestamp, now),
};

const ownName = ({ metadata }: KubeObject): string[] => [metadata.name ?? ''];
const offeredNames = ({ metadata, spec }: AnyClass | AnyPlan): string[] => [
  spec.externalName,
  metadata.name ?? '',
  spec.externalID,
];

function scoped<K extends 'brokers' | 'classes' | 'plans'>(kind: K) {
  return (choice: ScopeChoice) =>
    SCOPES.filter((scope) => choice === 'all' || scope.name === choice).map((scope) => scope[kind]);
}

/** Instances and bindings live in namespaces; there are none at cluster scope. */
function namespacedOnly<T extends KubeObject>(resource: Resource<T>) {
  return (choice: ScopeChoice): Resource<T>[] => (choice === 'cluster' ? [] : [resource]);
}

const broker: KindView<AnyBroker> = {
  resources: scoped('brokers'),
  columns: [
    name,
    namespace,
    { header: 'URL', value: ({ spec }) => spec.url },
    { header: 'STATUS', value: statusText },
    ageColumn,
  ],
  names: ownName,
};

const serviceClass: KindView<AnyClass> = {
  resources: scoped('classes'),
  columns: [
    { header: 'NAME', value: ({ spec }) => spec.externalName },
    namespace,
    { header: 'STATUS', value: offerStatus },
    { header: 'DESCRIPTION', value: ({ spec }) => spec.description },
  ],
  names: offeredNames,
};

const plan: KindView<AnyPlan> = {
  resources: scoped('plans'),
  columns: [
    { header: 'NAME', value: ({ spec }) => spec.externalName },
    namespace,
    { header: 'CLASS', value: (item, context) => context.classNames.get(classOfPlan(item)) ?? classOfPlan(item) },
    { header: 'STATUS', value: offerStatus },
    { header: 'DESCRIPTION', value: ({ spec }) => spec.description },
  ],
  names: offeredNames,
};

const instance: KindView<ServiceInstance> = {
  resources: namespacedOnly(SERVICE_INSTANCES),
  columns: [
    name,
    namespace,
    { header: 'CLASS', value: classText },
    { header: 'PLAN', value: planText },
    { header: 'STATUS', value: statusText },
    ageColumn,
  ],
  names: ownName,
};

const binding: KindView<ServiceBinding> = {
  resources: namespacedOnly(SERVICE_BINDINGS),
  columns: [
    name,
    namespace,
    { header: 'INSTANCE', value: ({ spec }) => spec.instanceRef.name },
    { header: 'SECRET', value: secretNameOf },
    { header: 'STATUS', value: statusText },
    ageColumn,
  ],
  names: ownName,
};

export const VIEWS = { broker, class: serviceClass, plan, instance, binding } as const;

/** The view of a kind where the kind is known at run time only; every view takes what its own resources hold. */
export function viewOf(kind: KindName): KindView {
  return VIEWS[kind] as unknown as KindView;
}

/** The name of the class object a plan of either scope belongs to. */
export function classOfPlan(item: AnyPlan): string {
  return classNameOf('clusterServiceClassRef' in item.spec ? CLUSTER_SCOPE : NAMESPACE_SCOPE, item);
}

/** The Secret of a binding; named like the binding when it names none. */
export function secretNameOf({ metadata, spec }: ServiceBinding): string {
  return spec.secretName || (metadata.name ?? '');
}
