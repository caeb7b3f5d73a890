import { isTrue } from '../../lib/catalog/conditions.ts';
import { namedPlan, userSpecifiedNames } from '../../lib/catalog/references.ts';
import type { ServiceInstance } from '../../lib/catalog/types.generated.ts';
import { keyOf } from '../../lib/kube/objects.ts';
import type { Context } from '../context.ts';
import { firstOf } from '../operation/rivals.ts';
import { presentProperties, recordedTarget } from '../operation/target.ts';
import type { InstanceObserved } from './observed.ts';
import { resolutionOf, resolveOffer } from './resolve.ts';

/** Everything there is to know about an instance without a request: caches and memory only. */
export function observeInstance(context: Context, instance: ServiceInstance): InstanceObserved {
  const { caches, memory, settings, policy } = context;
  const { namespace = '', uid = '' } = instance.metadata;
  const { status } = instance;
  const offer = resolveOffer(caches, instance);
  const resolution = resolutionOf(instance, offer);
  const target = resolution.found ? resolution.target : undefined;
  const recorded = recordedTarget(presentProperties(status), namespace, target);
  const broker = target && caches.scopes[target.scope.name].brokers.get(target.broker);
  const names = userSpecifiedNames(instance.spec);
  const bindings = caches.bindings.byIndex('instance', keyOf(instance));
  return {
    now: context.clock.now(),
    random: context.random(),
    instance,
    policy,
    resolution,
    parameters: undefined,
    userSpecified:
      offer.found && namedPlan(instance.spec) === undefined
        ? { ...names, planName: offer.plan.spec.externalName }
        : names,
    brokerUsable: broker !== undefined && broker.metadata.deletionTimestamp === undefined,
    recordedBrokerExists:
      recorded !== undefined && caches.scopes[recorded.scope.name].brokers.get(recorded.broker) !== undefined,
    clusterId: context.clusterId(),
    namespaceUid: caches.namespaces.get(namespace)?.metadata.uid,
    bindings: bindings.map((binding) => binding.metadata.name ?? ''),
    bindingsAreLeaving: bindings.every((binding) => binding.metadata.deletionTimestamp !== undefined),
    rival: rivalOf(context, instance),
    intentIsFresh: memory.intentIsFresh(uid),
    nextPollAt: memory.nextPollAt(uid),
    brokerHasChanged: memory.brokerHasChanged(uid),
    admissionIsTrusted: settings.admission !== 'none',
  };
}

/** Another instance with the same external id that goes first: the one that has begun, else the older one. */
function rivalOf({ caches }: Context, instance: ServiceInstance): string | undefined {
  const { externalID = '' } = instance.spec;
  if (externalID === '') return undefined;
  const sharing = caches.instances.byIndex('externalID', externalID);
  const first = firstOf(
    sharing.some(({ metadata }) => metadata.uid === instance.metadata.uid) ? sharing : [...sharing, instance],
    ({ status }) =>
      status?.deprovisionStatus === 'Required' || status?.deprovisionStatus === 'Failed' || isTrue(status, 'Ready'),
  );
  return first.metadata.uid === instance.metadata.uid ? undefined : keyOf(first);
}
