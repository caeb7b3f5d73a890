import { SECRETS } from '../../lib/kube/core-resources.ts';
import type { AnyClass, AnyPlan } from '../../lib/catalog/scope.ts';
import type { KubeObject } from '../../lib/kube/objects.ts';
import type { ServiceBinding, ServiceInstance } from '../../lib/catalog/types.generated.ts';
import type { AnyBroker } from '../../lib/catalog/scope.ts';
import { bindingsOf, eventsOf } from '../doctor/gather.ts';
import type { KindName } from '../kinds.ts';
import { listAll } from '../lookup.ts';
import type { Field } from '../output/description.ts';
import { description } from '../output/description.ts';
import type { Session } from '../session.ts';
import { describeBroker, describeClass, describePlan } from '../view/describe-catalog.ts';
import { describeBinding, describeInstance } from '../view/describe-service.ts';
import { classOfPlan, secretNameOf, VIEWS } from '../view/kind-view.ts';
import { select } from './get.ts';
import type { SelectOptions } from './get.ts';

export interface DescribeOptions extends SelectOptions {
  readonly showSecrets?: boolean;
}

/** `svcat describe KIND NAME`. Several objects of one name (a plan of two classes) are shown one after the other. */
export async function describeCommand(
  session: Session,
  kind: KindName,
  name: string | undefined,
  options: DescribeOptions,
): Promise<number> {
  const objects = await select(session, kind, name, options);
  const parts = await Promise.all(objects.map((object) => fieldsOf(session, kind, object, options)));
  session.terminal.print(parts.map(description).join('\n\n---\n\n'));
  return 0;
}

/** `select` returns objects of the kind that was asked for; their types follow from it. */
async function fieldsOf(
  session: Session,
  kind: KindName,
  object: KubeObject,
  options: DescribeOptions,
): Promise<Field[]> {
  const now = Date.now();
  switch (kind) {
    case 'broker':
      return describeBroker(object as AnyBroker, now);
    case 'class':
      return describeClass(object as AnyClass, await plansOf(session, object as AnyClass, options));
    case 'plan':
      return describePlan(object as AnyPlan, await classOf(session, object as AnyPlan, options));
    case 'instance':
      return instanceFields(session, object as ServiceInstance, now);
    case 'binding':
      return bindingFields(session, object as ServiceBinding, options.showSecrets ?? false, now);
  }
}

async function instanceFields({ kube }: Session, instance: ServiceInstance, now: number): Promise<Field[]> {
  const { name = '', namespace = '' } = instance.metadata;
  const [bindings, events] = await Promise.all([
    bindingsOf(kube, namespace, name),
    eventsOf(kube, namespace, [instance]),
  ]);
  return describeInstance(instance, bindings, events, now);
}

async function bindingFields(
  { kube }: Session,
  binding: ServiceBinding,
  showSecrets: boolean,
  now: number,
): Promise<Field[]> {
  const { namespace = '' } = binding.metadata;
  const [secret, events] = await Promise.all([
    kube.get(SECRETS, { namespace, name: secretNameOf(binding) }),
    eventsOf(kube, namespace, [binding]),
  ]);
  return describeBinding(binding, secret, events, { showSecrets, now });
}

async function plansOf({ kube }: Session, item: AnyClass, options: DescribeOptions): Promise<AnyPlan[]> {
  const plans = await listAll(kube, VIEWS.plan.resources(options.scope), item.metadata.namespace);
  return plans.filter((plan) => sameScope(plan, item) && classOfPlan(plan) === item.metadata.name);
}

async function classOf({ kube }: Session, plan: AnyPlan, options: DescribeOptions): Promise<AnyClass | undefined> {
  const classes = await listAll(kube, VIEWS.class.resources(options.scope), plan.metadata.namespace);
  return classes.find((item) => sameScope(plan, item) && item.metadata.name === classOfPlan(plan));
}

/** A plan belongs to a class of its own scope and namespace. */
function sameScope(plan: AnyPlan, item: AnyClass): boolean {
  return plan.metadata.namespace === item.metadata.namespace;
}
