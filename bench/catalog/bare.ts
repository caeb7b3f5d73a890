import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsOf, encodeSecretData, secretData } from '../../lib/catalog/credentials.ts';
import { FINALIZER, SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../lib/catalog/resources.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import { SECRETS } from '../../lib/kube/core-resources.ts';
import type { KubeObject, ObjectKey, Resource } from '../../lib/kube/objects.ts';
import type { OsbClient } from '../../lib/osb/client-contract.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import {
  bindIntent,
  deprovisionIntent,
  provisionIntent,
  readyBinding,
  readyInstance,
  unbindIntent,
} from './bare-status.ts';
import { forAll } from './pairs.ts';
import type { Offer, Pair, Turn } from './pairs.ts';

/** What the bare client works with; the clients are those of the product. */
export interface BareAccess {
  readonly kube: KubeClient;
  readonly broker: OsbClient;
  readonly offer: Offer;
  /**
   * `bare`: the least that leads to the same end: create both objects, call the broker, create the Secret, write one
   * Ready status each; back, call the broker, delete the Secret and the objects. If it dies, nobody knows what exists.
   *
   * `careful`: also what nobody can leave out who promises that nothing is lost when he dies: a finalizer before the
   * first call and the intent in the status before each.
   *
   * Neither looks anything up, watches, checks, tells or tries again.
   */
  readonly manner: 'bare' | 'careful';
  /** Pairs that are worked on at a time. */
  readonly atOnce: number;
  /** Called while everything is there, between creating and deleting. */
  readonly whileReady?: () => Promise<void>;
}

type Status = Readonly<Record<string, unknown>>;

/** How often a broker that takes its time is asked, milliseconds. */
const POLL_MS = 20;

/** The work done by hand, so many pairs at a time, each from its beginning to its end. */
export async function runBare(access: BareAccess, pairs: readonly Pair[]): Promise<Turn> {
  const made = new Map<string, BarePair>();
  const readyMs: number[] = [];
  const createBegun = performance.now();
  await forAll(pairs, access.atOnce, async (pair) => {
    const begun = performance.now();
    const bare = new BarePair(access, pair);
    made.set(pair.name, bare);
    await bare.create();
    readyMs.push(performance.now() - begun);
  });
  const createMs = performance.now() - createBegun;
  await access.whileReady?.();
  const deleteBegun = performance.now();
  await forAll([...made.values()], access.atOnce, (bare) => bare.remove());
  return { createMs, readyMs, deleteMs: performance.now() - deleteBegun };
}

/** One pair in the hands of the bare client. */
class BarePair {
  readonly #access: BareAccess;
  readonly #pair: Pair;
  readonly #key: ObjectKey;
  readonly #plan: { readonly service_id: string; readonly plan_id: string };
  #instanceId = '';
  #bindingId = '';
  /** Admission or we ourselves put finalizers on the objects; nobody but us will take them off. */
  #finalized = false;

  constructor(access: BareAccess, pair: Pair) {
    this.#access = access;
    this.#pair = pair;
    this.#key = { namespace: pair.instance.metadata.namespace ?? '', name: pair.name };
    this.#plan = { service_id: access.offer.classId, plan_id: access.offer.planId };
  }

  async create(): Promise<void> {
    const { kube, broker, offer } = this.#access;
    const { namespace = '' } = this.#key;
    const context = { platform: 'kubernetes', clusterid: 'bench', namespace };
    let instance = await kube.create(SERVICE_INSTANCES, this.#pair.instance);
    let binding = await kube.create(SERVICE_BINDINGS, this.#pair.binding);
    this.#instanceId = instance.spec.externalID ?? instance.metadata.uid ?? '';
    this.#bindingId = binding.spec.externalID ?? binding.metadata.uid ?? '';
    instance = await this.#secured(SERVICE_INSTANCES, instance, provisionIntent(offer));
    const request = { ...this.#plan, context, organization_guid: 'bench', space_guid: 'bench' };
    await this.#done(await broker.provision(this.#instanceId, request));
    await this.#writeStatus(SERVICE_INSTANCES, instance, readyInstance(instance, offer));
    binding = await this.#secured(SERVICE_BINDINGS, binding, bindIntent(this.#instanceId, offer));
    const bound = await broker.bind(this.#instanceId, this.#bindingId, { ...this.#plan, context });
    if (bound.kind !== 'success') throw failure(bound);
    const data = secretData(credentialsOf(bound.body.credentials));
    if (!data.ok) throw new Error(data.message);
    await kube.create(SECRETS, { metadata: this.#key, type: 'Opaque', data: encodeSecretData(data.data) });
    await this.#writeStatus(SERVICE_BINDINGS, binding, readyBinding(binding, this.#instanceId, offer));
    this.#finalized = (instance.metadata.finalizers ?? []).length > 0;
  }

  async remove(): Promise<void> {
    const { kube, broker, manner } = this.#access;
    const careful = manner === 'careful';
    if (careful) await this.#announce(SERVICE_BINDINGS, unbindIntent());
    const unbound = await broker.unbind(this.#instanceId, this.#bindingId, this.#plan);
    if (unbound.kind !== 'success') throw failure(unbound);
    await kube.delete(SECRETS, this.#key);
    await this.#removeObject(SERVICE_BINDINGS, careful);
    if (careful) await this.#announce(SERVICE_INSTANCES, deprovisionIntent());
    await this.#done(await broker.deprovision(this.#instanceId, this.#plan));
    await this.#removeObject(SERVICE_INSTANCES, careful);
  }

  /** With finalizer and intent, where care is taken. */
  async #secured<T extends KubeObject>(resource: Resource<T>, object: T, intent: Status): Promise<T> {
    if (this.#access.manner === 'bare') return object;
    const finalized =
      (object.metadata.finalizers ?? []).length > 0 ? object : await this.#finalize(resource, [FINALIZER]);
    return this.#writeStatus(resource, finalized, intent);
  }

  /** The user deletes, and what is going to be done about it is written down. */
  async #announce(resource: Resource, intent: Status): Promise<void> {
    const { kube } = this.#access;
    await kube.delete(resource, this.#key);
    await kube.patch(resource, this.#key, { type: 'merge', body: { status: intent } }, { subresource: 'status' });
  }

  async #removeObject(resource: Resource, isDeleted: boolean): Promise<void> {
    // Admission keeps the finalizer on what is to stay.
    if (!isDeleted) await this.#access.kube.delete(resource, this.#key);
    if (this.#finalized) await this.#finalize(resource, []);
  }

  #finalize<T extends KubeObject>(resource: Resource<T>, finalizers: string[]): Promise<T> {
    return this.#access.kube.patch(resource, this.#key, { type: 'merge', body: { metadata: { finalizers } } });
  }

  #writeStatus<T extends KubeObject>(resource: Resource<T>, object: T, status: Status): Promise<T> {
    return this.#access.kube.replace(resource, { ...object, status }, { subresource: 'status' });
  }

  /** Polls until the broker is done, when it does not do it at once. */
  async #done(answer: Outcome<object>): Promise<void> {
    if (answer.kind === 'success') return;
    if (answer.kind !== 'accepted') throw failure(answer);
    const hint = answer.operation === undefined ? {} : { operation: answer.operation };
    for (;;) {
      await sleep(POLL_MS);
      const outcome = await this.#access.broker.pollInstance(this.#instanceId, hint);
      if (outcome.kind !== 'success' || outcome.body.state === 'failed') throw failure(outcome);
      if (outcome.body.state === 'succeeded') return;
    }
  }
}

/** Without the body, which has credentials in it when all is well. */
function failure(outcome: Outcome<object>): Error {
  return new Error(`the broker's answer is "${outcome.kind}"${'message' in outcome ? `: ${outcome.message}` : ''}`);
}
