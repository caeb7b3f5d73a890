import { findCondition, isTrue } from '../../lib/catalog/conditions.ts';
import type { Reason } from '../../lib/catalog/reasons.ts';
import type { ServiceBinding, ServiceInstance, ServiceInstanceStatus } from '../../lib/catalog/types.generated.ts';
import { keyOf } from '../../lib/kube/objects.ts';
import { instanceKeyOf } from '../caches.ts';
import type { Context } from '../context.ts';
import { resolutionOf, resolveOffer } from '../instance/resolve.ts';
import { firstOf } from '../operation/rivals.ts';
import { presentProperties, recordedPlanId, recordedTarget } from '../operation/target.ts';
import type { BindingObserved, BindingResolution, BoundInstance } from './observed.ts';

/** Everything there is to know about a binding without a request: caches and memory only. */
export function observeBinding(context: Context, binding: ServiceBinding): BindingObserved {
  const { caches, memory, settings, policy } = context;
  const { namespace = '', uid = '' } = binding.metadata;
  const { status } = binding;
  const instance = caches.instances.get(instanceKeyOf(binding));
  const resolution = resolve(context, instance);
  const target = resolution.found ? resolution.target : undefined;
  const recorded = recordedTarget(presentProperties(status), namespace, target);
  const broker = target && caches.scopes[target.scope.name].brokers.get(target.broker);
  return {
    now: context.clock.now(),
    random: context.random(),
    binding,
    policy,
    instance: instance && factsOf(instance),
    resolution,
    brokerUsable: broker !== undefined && broker.metadata.deletionTimestamp === undefined,
    recordedBrokerExists:
      recorded !== undefined && caches.scopes[recorded.scope.name].brokers.get(recorded.broker) !== undefined,
    clusterId: context.clusterId(),
    namespaceUid: caches.namespaces.get(namespace)?.metadata.uid,
    parameters: undefined,
    secret: undefined,
    nextSecretCheckAt: memory.nextSecretCheckAt(binding.metadata),
    rival: rivalOf(context, binding),
    intentIsFresh: memory.intentIsFresh(uid),
    nextPollAt: memory.nextPollAt(uid),
    brokerHasChanged: memory.brokerHasChanged(uid),
    admissionIsTrusted: settings.admission !== 'none',
  };
}

function resolve({ caches }: Context, instance: ServiceInstance | undefined): BindingResolution {
  if (instance === undefined) {
    return { found: false, reason: 'ReferencesNonexistentInstance', message: 'The instance does not exist.' };
  }
  const offer = resolveOffer(caches, instance);
  const resolution = resolutionOf(instance, offer);
  if (!offer.found || !resolution.found) {
    const why = resolution.found ? '' : ` ${resolution.message}`;
    return {
      found: false,
      reason: 'ErrorInstanceRefsUnresolved',
      message: `ServiceInstance ${instance.metadata.name ?? ''} has no class and plan yet.${why}`,
    };
  }
  const { serviceClass, plan } = offer;
  const { target } = resolution;
  // What the spec names may be a plan the instance is still to get.
  const planId = recordedPlanId(instance.status?.externalProperties) ?? target.planId;
  return {
    found: true,
    target: { ...target, planId },
    bindable: plan.spec.bindable ?? serviceClass.spec.bindable ?? false,
    retrievable: serviceClass.spec.bindingRetrievable ?? false,
    maximumPollingSeconds: resolution.maximumPollingSeconds,
  };
}

function factsOf({ metadata, spec, status }: ServiceInstance): BoundInstance {
  return {
    name: metadata.name ?? '',
    externalID: spec.externalID ?? '',
    deleting: metadata.deletionTimestamp !== undefined,
    ready: isTrue(status, 'Ready') && status?.provisionStatus === 'Provisioned',
    starting: isStarting(status),
    asyncOpInProgress: status?.asyncOpInProgress === true,
  };
}

function isStarting(status: ServiceInstanceStatus | undefined): boolean {
  const reason: string | undefined = findCondition(status, 'Ready')?.reason;
  return reason === undefined || reason === ('ProvisionRequestInFlight' satisfies Reason);
}

/** Another binding with the same external id that goes first. */
function rivalOf({ caches }: Context, binding: ServiceBinding): string | undefined {
  const { externalID = '' } = binding.spec;
  if (externalID === '') return undefined;
  const sharing = caches.bindings.byIndex('externalID', externalID);
  const first = firstOf(
    sharing.some(({ metadata }) => metadata.uid === binding.metadata.uid) ? sharing : [...sharing, binding],
    ({ status }) => status?.unbindStatus === 'Required' || status?.unbindStatus === 'Failed',
  );
  return first.metadata.uid === binding.metadata.uid ? undefined : keyOf(first);
}
