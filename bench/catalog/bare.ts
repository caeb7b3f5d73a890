import { setTimeout as sleep } from 'node:timers/promises';
import { formatTime } from '../../lib/catalog/conditions.ts';
import { credentialsOf, encodeSecretData, secretData } from '../../lib/catalog/credentials.ts';
import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../lib/catalog/resources.ts';
import type {
  ServiceBinding,
  ServiceBindingStatus,
  ServiceInstance,
  ServiceInstanceStatus,
} from '../../lib/catalog/types.generated.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import { SECRETS } from '../../lib/kube/core-resources.ts';
import type { ObjectKey, Resource } from '../../lib/kube/objects.ts';
import type { OsbClient } from '../../lib/osb/client-contract.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import { forAll } from './pairs.ts';
import type { Offer, Pair, Turn } from './pairs.ts';

/** What the bare client works with; the clients are those of the product. */
export interface BareAccess {
  readonly kube: KubeClient;
  readonly broker: OsbClient;
  readonly offer: Offer;
  /** Pairs that are worked on at a time. */
  readonly atOnce: number;
  /** Called while everything is there, between creating and deleting. */
  readonly whileReady?: () => Promise<void>;
}

/** What has to be known to remove a pair again. */
interface Made {
  readonly instanceId: string;
  readonly bindingId: string;
  /** Admission put finalizers on the objects; nobody but we will take them off. */
  readonly finalized: boolean;
}

/** How often a broker that takes its time is asked, milliseconds. */
const POLL_MS = 20;
const CONTEXT = { platform: 'kubernetes', clusterid: 'bench' };

/**
 * The least that has to be done for the same end: create both objects, call the broker, create the Secret, write one
 * Ready status each; back, call the broker, delete the Secret and the objects. A script that trusts its luck: no
 * finalizer, no intent, nothing is looked up, watched, checked or told, and if it dies, nobody knows what exists.
 */
export async function runBare(access: BareAccess, pairs: readonly Pair[]): Promise<Turn> {
  const { atOnce } = access;
  const made = new Map<string, Made>();
  const readyMs: number[] = [];
  const createBegun = performance.now();
  await forAll(pairs, atOnce, async (pair) => {
    const begun = performance.now();
    made.set(pair.name, await create(access, pair));
    readyMs.push(performance.now() - begun);
  });
  const createMs = performance.now() - createBegun;
  await access.whileReady?.();
  const deleteBegun = performance.now();
  await forAll(pairs, atOnce, async (pair) => {
    const ids = made.get(pair.name);
    if (ids !== undefined) await remove(access, pair, ids);
  });
  return { createMs, readyMs, deleteMs: performance.now() - deleteBegun };
}

async function create({ kube, broker, offer }: BareAccess, pair: Pair): Promise<Made> {
  const instance = await kube.create(SERVICE_INSTANCES, pair.instance);
  const binding = await kube.create(SERVICE_BINDINGS, pair.binding);
  const instanceId = instance.spec.externalID ?? instance.metadata.uid ?? '';
  const bindingId = binding.spec.externalID ?? binding.metadata.uid ?? '';
  const { namespace = '', name = '' } = pair.instance.metadata;
  const context = { ...CONTEXT, namespace };
  const plan = { service_id: offer.classId, plan_id: offer.planId };
  const request = { ...plan, context, organization_guid: 'bench', space_guid: 'bench' };
  await done(broker, instanceId, await broker.provision(instanceId, request));
  await kube.replace(
    SERVICE_INSTANCES,
    { ...instance, status: readyInstance(instance, offer) },
    { subresource: 'status' },
  );
  const bound = await broker.bind(instanceId, bindingId, { ...plan, context });
  if (bound.kind !== 'success') throw failure(bound);
  const data = encodeSecretData(secretDataOf(bound.body.credentials));
  await kube.create(SECRETS, { metadata: { namespace, name }, type: 'Opaque', data });
  await kube.replace(
    SERVICE_BINDINGS,
    { ...binding, status: readyBinding(binding, instanceId, offer) },
    { subresource: 'status' },
  );
  return { instanceId, bindingId, finalized: (instance.metadata.finalizers ?? []).length > 0 };
}

async function remove({ kube, broker, offer }: BareAccess, pair: Pair, made: Made): Promise<void> {
  const { namespace = '' } = pair.instance.metadata;
  const key = { namespace, name: pair.name };
  const plan = { service_id: offer.classId, plan_id: offer.planId };
  const unbound = await broker.unbind(made.instanceId, made.bindingId, plan);
  if (unbound.kind !== 'success') throw failure(unbound);
  await kube.delete(SECRETS, key);
  await removeObject(kube, SERVICE_BINDINGS, key, made.finalized);
  await done(broker, made.instanceId, await broker.deprovision(made.instanceId, plan));
  await removeObject(kube, SERVICE_INSTANCES, key, made.finalized);
}

async function removeObject(kube: KubeClient, resource: Resource, key: ObjectKey, finalized: boolean): Promise<void> {
  if (finalized) await kube.patch(resource, key, { type: 'merge', body: { metadata: { finalizers: [] } } });
  await kube.delete(resource, key);
}

/** Polled until the broker is done, when it does not do it at once. */
async function done(broker: OsbClient, instanceId: string, answer: Outcome<object>): Promise<void> {
  if (answer.kind === 'success') return;
  if (answer.kind !== 'accepted') throw failure(answer);
  const hint = answer.operation === undefined ? {} : { operation: answer.operation };
  for (;;) {
    await sleep(POLL_MS);
    const outcome = await broker.pollInstance(instanceId, hint);
    if (outcome.kind !== 'success' || outcome.body.state === 'failed') throw failure(outcome);
    if (outcome.body.state === 'succeeded') return;
  }
}

function secretDataOf(credentials: Parameters<typeof credentialsOf>[0]): ReadonlyMap<string, Uint8Array> {
  const data = secretData(credentialsOf(credentials));
  if (!data.ok) throw new Error(data.message);
  return data.data;
}

function readyInstance({ metadata, spec }: ServiceInstance, offer: Offer): ServiceInstanceStatus {
  const { generation = 1 } = metadata;
  return {
    ...readyCondition('ProvisionedSuccessfully', 'The instance was provisioned successfully'),
    userSpecifiedClassName: `ClusterServiceClass/${spec.clusterServiceClassExternalName ?? ''}`,
    userSpecifiedPlanName: spec.clusterServicePlanExternalName ?? '',
    observedGeneration: generation,
    reconciledGeneration: generation,
    provisionStatus: 'Provisioned',
    deprovisionStatus: 'Required',
    externalProperties: { clusterServicePlanExternalID: offer.planId },
  };
}

function readyBinding({ metadata }: ServiceBinding, instanceId: string, offer: Offer): ServiceBindingStatus {
  const { generation = 1, name = '' } = metadata;
  return {
    ...readyCondition('InjectedBindResult', `Injected bind result: Secret ${name} holds the credentials`),
    observedGeneration: generation,
    reconciledGeneration: generation,
    unbindStatus: 'Required',
    externalProperties: { instanceExternalID: instanceId, clusterServicePlanExternalID: offer.planId },
  };
}

function readyCondition(reason: string, message: string): ServiceInstanceStatus & ServiceBindingStatus {
  const lastTransitionTime = formatTime(new Date());
  const condition = { type: 'Ready', status: 'True', reason, message, lastTransitionTime } as const;
  return { conditions: [condition], lastConditionState: 'Ready' };
}

function failure(outcome: Outcome<object>): Error {
  return new Error(`the broker answered ${JSON.stringify(outcome)}`);
}
