import type { ChartObject, PolicyRule } from './chart.ts';

/** One thing somebody may do: `update coordination.k8s.io/leases` in a namespace, or everywhere. */
export interface Grant {
  /** `system:serviceaccount:NAMESPACE:NAME` */
  readonly user: string;
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `serviceinstances/status`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly names: readonly string[] | undefined;
}

interface Binding extends ChartObject {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

/** What the roles among `objects` that are bound to ServiceAccounts grant, each verb on each resource by itself. */
export function grantsOf(objects: readonly ChartObject[]): Grant[] {
  return objects.filter(isBinding).flatMap((binding) => {
    const namespace = binding.kind === 'RoleBinding' ? binding.metadata.namespace : undefined;
    const users = binding.subjects
      .filter(({ kind }) => kind === 'ServiceAccount')
      .map((subject) => `system:serviceaccount:${subject.namespace ?? ''}:${subject.name}`);
    const rules = rulesOf(objects, binding);
    return users.flatMap((user) => rules.flatMap((rule) => grantsOfRule(rule, user, namespace)));
  });
}

const isBinding = (object: ChartObject): object is Binding => object.kind.endsWith('RoleBinding');

function rulesOf(objects: readonly ChartObject[], { roleRef, metadata }: Binding): readonly PolicyRule[] {
  const role = objects.find(
    (object) =>
      object.kind === roleRef.kind &&
      object.metadata.name === roleRef.name &&
      (object.kind === 'ClusterRole' || object.metadata.namespace === metadata.namespace),
  );
  if (role === undefined) throw new Error(`${roleRef.kind} ${roleRef.name} is bound and not there`);
  return role.rules ?? [];
}

function grantsOfRule(rule: PolicyRule, user: string, namespace: string | undefined): Grant[] {
  return (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.map((verb) => ({ user, verb, group, resource, namespace, names: rule.resourceNames })),
    ),
  );
}

/** `controller: update leases.coordination.k8s.io in service-catalog` */
export function describeGrant({ user, verb, group, resource, namespace }: Omit<Grant, 'names'>): string {
  const [name = '', subresource] = resource.split('/');
  const what = [[name, group].filter(Boolean).join('.'), subresource].filter((part) => part !== undefined).join('/');
  return `${user.split(':').at(-1) ?? user}: ${verb} ${what}${namespace === undefined ? '' : ` in ${namespace}`}`;
}
