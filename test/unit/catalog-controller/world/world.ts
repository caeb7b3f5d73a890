import { isDeepStrictEqual } from 'node:util';
import type { BindingAction, BindingSettled, Injection } from '../../../../catalog-controller/binding/action.ts';
import { decideBinding } from '../../../../catalog-controller/binding/decide.ts';
import type { BindingObserved, SecretState } from '../../../../catalog-controller/binding/observed.ts';
import { settleBind } from '../../../../catalog-controller/binding/settle-bind.ts';
import { settleDelivery } from '../../../../catalog-controller/binding/settle-delivery.ts';
import { settleBindingPoll } from '../../../../catalog-controller/binding/settle-poll.ts';
import { settleEjectFailure, settleUnbind } from '../../../../catalog-controller/binding/settle-unbind.ts';
import type { InstanceAction, InstanceSettled } from '../../../../catalog-controller/instance/action.ts';
import { decideInstance } from '../../../../catalog-controller/instance/decide.ts';
import type { InstanceObserved, Resolution } from '../../../../catalog-controller/instance/observed.ts';
import { settleDeprovision } from '../../../../catalog-controller/instance/settle-deprovision.ts';
import { settlePoll } from '../../../../catalog-controller/instance/settle-poll.ts';
import { settleProvision } from '../../../../catalog-controller/instance/settle-provision.ts';
import { settleUpdate } from '../../../../catalog-controller/instance/settle-update.ts';
import type { RetryPolicy } from '../../../../catalog-controller/operation/retry.ts';
import type { Target } from '../../../../catalog-controller/operation/target.ts';
import { bindingStatusFaults } from '../../../../lib/catalog/admission/binding-status.ts';
import { findCondition, formatTime, isTrue } from '../../../../lib/catalog/conditions.ts';
import { mergeParameters } from '../../../../lib/catalog/parameters.ts';
import { FINALIZER } from '../../../../lib/catalog/resources.ts';
import { CLUSTER_SCOPE } from '../../../../lib/catalog/scope.ts';
import type { ServiceBinding, ServiceInstance } from '../../../../lib/catalog/types.generated.ts';
import type { BindResponse } from '../../../../lib/osb/types.ts';
import type { Outcome } from '../../../../lib/osb/outcome.ts';
import { ModelBroker } from './model-broker.ts';
import type { Fault } from './model-broker.ts';
import { Versions } from './versions.ts';

export const POLICY: RetryPolicy = {
  backoff: { initialMs: 1_000, maximumMs: 300_000 },
  giveUpAfterMs: 168 * 3_600_000,
  pollMaximumMs: 60_000,
};

/** When the process dies in a pass: not, after what it did but before it said so, or while it may not write. */
export type Mishap = 'none' | 'crash-before-write' | 'write-fails';

interface Circumstances {
  readonly fault: Fault;
  readonly mishap: Mishap;
  /** How many changes the caches are behind. */
  readonly lag: number;
}
const FINE: Circumstances = { fault: 'none', mishap: 'none', lag: 0 };

interface ModelSecret {
  /** uid of the binding, or `foreign`. */
  readonly owner: string;
  readonly data: string;
}

/**
 * An API server, a broker and the process between them, in memory. `pass` runs one pass of the real decisions on one
 * object under given circumstances; the other methods are what users, brokers and fate do.
 */
export class World {
  now = Date.parse('2026-01-01T00:00:00Z');
  readonly broker = new ModelBroker();
  readonly instances = new Versions<ServiceInstance>();
  readonly bindings = new Versions<ServiceBinding>();
  readonly secrets = new Map<string, ModelSecret>();
  classExists = true;
  retrievable = false;
  brokerObject: 'present' | 'deleting' | 'gone' = 'present';
  #count = 0;
  readonly #fresh = new Set<string>();
  readonly #nextPoll = new Map<string, number>();
  readonly #nextSecretCheck = new Map<string, number>();

  // What users do.

  createInstance(name: string): void {
    if (this.instances.current(name) !== undefined) return;
    this.instances.write(
      name,
      {
        metadata: {
          name,
          namespace: 'ns',
          uid: `${name}-${++this.#count}`,
          generation: 1,
          creationTimestamp: formatTime(new Date(this.now)),
          resourceVersion: this.#rv(),
        },
        spec: { clusterServiceClassExternalName: 'class', clusterServicePlanExternalName: 'small' },
      },
      false,
    );
  }

  editInstance(name: string, change: 'parameters' | 'plan' | 'bump', value: number): void {
    this.#userEdit(this.instances, name, (instance) => ({
      ...instance,
      spec:
        change === 'parameters'
          ? withParameters(instance.spec, value)
          : change === 'plan'
            ? { ...instance.spec, clusterServicePlanExternalName: value % 2 === 0 ? 'small' : 'large' }
            : { ...instance.spec, updateRequests: (instance.spec.updateRequests ?? 0) + 1 },
    }));
  }

  createBinding(name: string, instance: string): void {
    if (this.bindings.current(name) !== undefined) return;
    this.bindings.write(
      name,
      {
        metadata: {
          name,
          namespace: 'ns',
          uid: `${name}-${++this.#count}`,
          generation: 1,
          creationTimestamp: formatTime(new Date(this.now)),
          resourceVersion: this.#rv(),
        },
        spec: { instanceRef: { name: instance } },
      },
      false,
    );
  }

  deleteInstance(name: string): void {
    this.#userDelete(this.instances, name);
  }

  deleteBinding(name: string): void {
    this.#userDelete(this.bindings, name);
  }

  /** Somebody makes, changes or deletes a Secret of the binding's name by hand. */
  meddleWithSecret(name: string, how: 'foreign' | 'delete' | 'edit'): void {
    const secret = this.secrets.get(name);
    if (how === 'foreign' && secret === undefined) this.secrets.set(name, { owner: 'foreign', data: 'theirs' });
    if (how === 'delete') this.secrets.delete(name);
    if (how === 'edit' && secret !== undefined && secret.owner !== 'foreign') {
      this.secrets.set(name, { ...secret, data: 'edited' });
    }
  }

  deleteBrokerObject(): void {
    if (this.brokerObject === 'present') this.brokerObject = 'deleting';
    this.#removeBrokerIfUnused();
  }

  // What fate does.

  /** The process dies and another one starts. */
  crash(): void {
    this.#fresh.clear();
    this.#nextPoll.clear();
    this.#nextSecretCheck.clear();
    this.instances.restart();
    this.bindings.restart();
  }

  /** One pass over one object. Returns when to come back, or whether something was done. */
  pass(kind: 'instance' | 'binding', name: string, given: Partial<Circumstances> = {}): 'acted' | number | undefined {
    const circumstances = { ...FINE, ...given };
    const result =
      kind === 'instance' ? this.#passInstance(name, circumstances) : this.#passBinding(name, circumstances);
    this.#removeBrokerIfUnused();
    return result;
  }

  // The instance.

  #passInstance(name: string, circumstances: Circumstances): 'acted' | number | undefined {
    const instance = this.instances.seen(name, circumstances.lag);
    if (instance === undefined) return undefined;
    const observed = this.#observeInstance(instance, circumstances);
    return this.#performInstance(observed, decideInstance(observed), circumstances);
  }

  #observeInstance(instance: ServiceInstance, { lag }: Circumstances): InstanceObserved {
    const name = instance.metadata.name ?? '';
    const bindings = this.bindings
      .names()
      .filter((binding) => this.bindings.seen(binding, lag)?.spec.instanceRef.name === name);
    return {
      now: this.now,
      random: 1,
      instance,
      policy: POLICY,
      resolution: this.#resolve(instance),
      parameters: mergeParameters(instance.spec.parameters, []),
      userSpecified: { className: 'ClusterServiceClass/class', planName: 'plan' },
      brokerUsable: this.brokerObject === 'present',
      recordedBrokerExists: this.brokerObject !== 'gone',
      clusterId: 'cluster',
      namespaceUid: 'ns-uid',
      bindings,
      bindingsAreLeaving: bindings.every(
        (binding) => this.bindings.seen(binding, lag)?.metadata.deletionTimestamp !== undefined,
      ),
      rival: undefined,
      intentIsFresh: this.#fresh.has(instance.metadata.uid ?? ''),
      nextPollAt: this.#nextPoll.get(instance.metadata.uid ?? ''),
      brokerHasChanged: false,
      identityIsTrusted: true,
    };
  }

  #resolve(instance: ServiceInstance): Resolution {
    if (!this.classExists) return { found: false, reason: 'ReferencesNonexistentServiceClass', message: 'no class' };
    const plan = instance.spec.clusterServicePlanExternalName ?? '';
    return {
      found: true,
      target: targetOf(plan),
      refs: { clusterServiceClassRef: { name: 'class' }, clusterServicePlanRef: { name: plan } },
      labels: {},
      classRemoved: false,
      planRemoved: false,
      planUpdatable: true,
      maximumPollingSeconds: undefined,
    };
  }

  #performInstance(
    observed: InstanceObserved,
    action: InstanceAction,
    circumstances: Circumstances,
  ): 'acted' | number | undefined {
    const { instance } = observed;
    const uid = instance.metadata.uid ?? '';
    const { fault } = circumstances;
    switch (action.type) {
      case 'wait':
        return action.wakeAt;
      case 'look':
        throw new Error('there is nothing to look at that was not');
      case 'report':
        if (isDeepStrictEqual(action.status, instance.status)) return action.wakeAt;
        return this.#writeStatus(this.instances, instance, action.status, false, circumstances);
      case 'adopt':
        return this.#adopt(this.instances, instance, action.spec);
      case 'record-intent':
        if (this.#writeStatus(this.instances, instance, action.status, true, circumstances) === 'acted') {
          if (circumstances.mishap === 'none' && action.isFirst) this.#fresh.add(uid);
        }
        return 'acted';
      case 'release':
        return this.#release(this.instances, instance);
      case 'provision': {
        const { request, instanceId } = action;
        this.#fresh.delete(uid);
        const outcome = this.broker.provision(instanceId, request.plan_id, request.parameters, fault);
        return this.#settleInstance(
          observed,
          settleProvision(observed, action.mayHaveBeenSent, outcome),
          circumstances,
        );
      }
      case 'update': {
        const { request, instanceId } = action;
        this.#fresh.delete(uid);
        const outcome = this.broker.update(instanceId, request.plan_id, request.parameters, fault);
        return this.#settleInstance(observed, settleUpdate(observed, action.mayHaveBeenSent, outcome), circumstances);
      }
      case 'deprovision': {
        const outcome = this.broker.deprovision(action.instanceId, fault);
        return this.#settleInstance(observed, settleDeprovision(observed, outcome), circumstances);
      }
      case 'poll': {
        const outcome = this.broker.poll('instance', action.instanceId, fault);
        return this.#settleInstance(observed, settlePoll(observed, outcome), circumstances);
      }
    }
  }

  #settleInstance(observed: InstanceObserved, settled: InstanceSettled, circumstances: Circumstances): 'acted' {
    const { instance } = observed;
    if (settled.wakeAt !== undefined) this.#nextPoll.set(instance.metadata.uid ?? '', settled.wakeAt);
    else this.#nextPoll.delete(instance.metadata.uid ?? '');
    if (circumstances.mishap === 'crash-before-write') this.crash();
    else if (circumstances.mishap === 'none') {
      this.#writeStatus(this.instances, instance, settled.status, false, circumstances);
      if (settled.release) this.#release(this.instances, instance);
    }
    return 'acted';
  }

  // The binding.

  #passBinding(name: string, circumstances: Circumstances): 'acted' | number | undefined {
    const binding = this.bindings.seen(name, circumstances.lag);
    if (binding === undefined) return undefined;
    const observed = this.#observeBinding(binding, circumstances);
    let looked = observed;
    let action = decideBinding(looked);
    while (action.type === 'look') {
      looked =
        action.at === 'secret'
          ? { ...looked, secret: this.#lookAtSecret(binding) }
          : { ...looked, parameters: mergeParameters(binding.spec.parameters, []) };
      action = decideBinding(looked);
    }
    return this.#performBinding(looked, action, circumstances);
  }

  #observeBinding(binding: ServiceBinding, { lag }: Circumstances): BindingObserved {
    const uid = binding.metadata.uid ?? '';
    const instance = this.instances.seen(binding.spec.instanceRef.name, lag);
    const resolution = instance === undefined ? undefined : this.#resolve(instance);
    return {
      now: this.now,
      random: 1,
      binding,
      policy: POLICY,
      instance:
        instance === undefined
          ? undefined
          : {
              name: instance.metadata.name ?? '',
              externalID: instance.spec.externalID ?? '',
              deleting: instance.metadata.deletionTimestamp !== undefined,
              ready: isTrue(instance.status, 'Ready') && instance.spec.clusterServicePlanRef !== undefined,
              starting: this.#isStarting(instance),
              asyncOpInProgress: instance.status?.asyncOpInProgress === true,
            },
      resolution:
        resolution?.found === true
          ? {
              found: true,
              target: resolution.target,
              bindable: true,
              retrievable: this.retrievable,
              maximumPollingSeconds: undefined,
            }
          : { found: false, reason: 'ErrorInstanceRefsUnresolved', message: 'the instance has no class yet' },
      brokerUsable: this.brokerObject === 'present',
      recordedBrokerExists: this.brokerObject !== 'gone',
      clusterId: 'cluster',
      namespaceUid: 'ns-uid',
      parameters: undefined,
      secret: undefined,
      nextSecretCheckAt: this.#nextSecretCheck.get(uid) ?? 0,
      rival: undefined,
      intentIsFresh: this.#fresh.has(uid),
      nextPollAt: this.#nextPoll.get(uid),
      brokerHasChanged: false,
      identityIsTrusted: true,
    };
  }

  #isStarting({ status }: ServiceInstance): boolean {
    const reason = findCondition(status, 'Ready')?.reason;
    return reason === undefined || reason === 'ProvisionRequestInFlight';
  }

  #lookAtSecret(binding: ServiceBinding): SecretState {
    const state = this.#secretState(binding);
    if (state === 'intact') this.#nextSecretCheck.set(binding.metadata.uid ?? '', this.now + 300_000);
    return state;
  }

  #secretState(binding: ServiceBinding): SecretState {
    const secret = this.secrets.get(binding.metadata.name ?? '');
    if (secret === undefined) return 'absent';
    if (secret.owner !== binding.metadata.uid) return 'foreign';
    return secret.data === 'edited' ? 'altered' : 'intact';
  }

  #performBinding(
    observed: BindingObserved,
    action: BindingAction,
    circumstances: Circumstances,
  ): 'acted' | number | undefined {
    const { binding } = observed;
    const uid = binding.metadata.uid ?? '';
    const { fault } = circumstances;
    switch (action.type) {
      case 'wait':
        return action.wakeAt;
      case 'look':
        throw new Error('there is nothing to look at that was not');
      case 'report':
        if (isDeepStrictEqual(action.status, binding.status)) return action.wakeAt;
        return this.#writeStatus(this.bindings, binding, action.status, false, circumstances);
      case 'adopt':
        return this.#adopt(this.bindings, binding, action.spec);
      case 'record-intent':
        if (this.#writeStatus(this.bindings, binding, action.status, true, circumstances) === 'acted') {
          if (circumstances.mishap === 'none') this.#fresh.add(uid);
        }
        return 'acted';
      case 'release':
        return this.#release(this.bindings, binding);
      case 'bind': {
        this.#fresh.delete(uid);
        const { bindingId, instanceId, request } = action;
        const mode = fault === 'async' && !action.acceptsIncomplete ? 'none' : fault;
        const outcome = this.broker.bind(bindingId, instanceId, request.plan_id, request.parameters, mode);
        const injection = this.#inject(binding, outcome);
        return this.#settleBinding(
          observed,
          settleBind(observed, action.mayHaveBeenSent, outcome, injection),
          circumstances,
        );
      }
      case 'deliver': {
        const { bindingId, instanceId, request } = action;
        const mode = fault === 'async' ? 'none' : fault;
        let outcome = action.retrievable ? this.broker.fetchBinding(bindingId, mode) : undefined;
        if (outcome === undefined || (outcome.kind === 'rejected' && outcome.status === 404)) {
          outcome = this.broker.bind(bindingId, instanceId, request.plan_id, request.parameters, mode);
        }
        const injection = this.#inject(binding, outcome);
        return this.#settleBinding(observed, settleDelivery(observed, outcome, injection), circumstances);
      }
      case 'unbind': {
        const name = binding.metadata.name ?? '';
        if (this.secrets.get(name)?.owner === uid) this.secrets.delete(name);
        if (circumstances.mishap === 'write-fails') {
          return this.#settleBinding(observed, settleEjectFailure(observed, 'the API server is down'), circumstances);
        }
        const outcome = this.broker.unbind(action.bindingId, fault);
        return this.#settleBinding(observed, settleUnbind(observed, outcome), circumstances);
      }
      case 'poll': {
        const outcome = this.broker.poll('binding', action.bindingId, fault);
        return this.#settleBinding(observed, settleBindingPoll(observed, outcome), circumstances);
      }
    }
  }

  #inject(binding: ServiceBinding, outcome: Outcome<BindResponse>): Injection | undefined {
    if (outcome.kind !== 'success') return undefined;
    const name = binding.metadata.name ?? '';
    const uid = binding.metadata.uid ?? '';
    const existing = this.secrets.get(name);
    if (existing !== undefined && existing.owner !== uid) return { ok: false, message: 'not ours' };
    this.secrets.set(name, { owner: uid, data: String(outcome.body.credentials?.['password']) });
    this.#nextSecretCheck.set(uid, this.now + 300_000);
    return { ok: true, secret: { metadata: {} } };
  }

  #settleBinding(observed: BindingObserved, settled: BindingSettled, circumstances: Circumstances): 'acted' {
    const { binding } = observed;
    if (settled.wakeAt !== undefined) this.#nextPoll.set(binding.metadata.uid ?? '', settled.wakeAt);
    else this.#nextPoll.delete(binding.metadata.uid ?? '');
    if (circumstances.mishap === 'crash-before-write') this.crash();
    else if (circumstances.mishap === 'none') {
      this.#writeStatus(this.bindings, binding, settled.status, false, circumstances);
      if (settled.release) this.#release(this.bindings, binding);
    }
    return 'acted';
  }

  // The API server.

  #rv(): string {
    return String(++this.#count);
  }

  #writeStatus<T extends ServiceInstance | ServiceBinding>(
    store: Versions<T>,
    seen: T,
    status: T['status'],
    conditional: boolean,
    { mishap }: Circumstances,
  ): 'acted' | undefined {
    const name = seen.metadata.name ?? '';
    const current = store.current(name);
    if (mishap === 'write-fails' || current?.metadata.uid !== seen.metadata.uid || current === undefined)
      return 'acted';
    if (conditional && current.metadata.resourceVersion !== seen.metadata.resourceVersion) {
      // The conflict tells the process to look again.
      store.restart();
      return undefined;
    }
    if (store === (this.bindings as unknown)) {
      const faults = bindingStatusFaults((status ?? {}) as NonNullable<ServiceBinding['status']>);
      if (faults.length > 0) throw new Error(`admission refuses the status: ${JSON.stringify(faults)}`);
    }
    store.write(name, { ...current, status, metadata: { ...current.metadata, resourceVersion: this.#rv() } }, true);
    if (mishap === 'crash-before-write') this.crash();
    return 'acted';
  }

  #adopt<T extends ServiceInstance | ServiceBinding>(store: Versions<T>, seen: T, spec: object): 'acted' {
    const name = seen.metadata.name ?? '';
    const current = store.current(name);
    if (current?.metadata.resourceVersion !== seen.metadata.resourceVersion || current === undefined) {
      store.restart();
      return 'acted';
    }
    const { metadata } = current;
    store.write(
      name,
      {
        ...current,
        spec: { ...current.spec, ...spec },
        metadata: {
          ...metadata,
          finalizers: [FINALIZER],
          generation: (metadata.generation ?? 1) + 1,
          resourceVersion: this.#rv(),
        },
      },
      true,
    );
    return 'acted';
  }

  #release<T extends ServiceInstance | ServiceBinding>(store: Versions<T>, seen: T): 'acted' {
    const name = seen.metadata.name ?? '';
    const current = store.current(name);
    if (current?.metadata.uid !== seen.metadata.uid) return 'acted';
    if (current?.metadata.deletionTimestamp === undefined) throw new Error(`${name} is released but not being deleted`);
    store.write(name, undefined, true);
    // The garbage collector: what the binding owns goes with it.
    if (this.secrets.get(name)?.owner === seen.metadata.uid) this.secrets.delete(name);
    return 'acted';
  }

  #userEdit<T extends ServiceInstance | ServiceBinding>(
    store: Versions<T>,
    name: string,
    edit: (object: T) => T,
  ): void {
    const current = store.current(name);
    if (current === undefined) return;
    const edited = edit(current);
    const { metadata } = current;
    store.write(
      name,
      {
        ...edited,
        metadata: { ...metadata, generation: (metadata.generation ?? 1) + 1, resourceVersion: this.#rv() },
      },
      false,
    );
  }

  #userDelete<T extends ServiceInstance | ServiceBinding>(store: Versions<T>, name: string): void {
    const current = store.current(name);
    if (current === undefined || current.metadata.deletionTimestamp !== undefined) return;
    if ((current.metadata.finalizers ?? []).length === 0) {
      store.write(name, undefined, false);
      return;
    }
    const { metadata } = current;
    store.write(
      name,
      {
        ...current,
        metadata: {
          ...metadata,
          deletionTimestamp: formatTime(new Date(this.now)),
          generation: (metadata.generation ?? 1) + 1,
          resourceVersion: this.#rv(),
        },
      },
      false,
    );
  }

  /** The decision about brokers, in short: it goes when nothing at the broker is known to need it. */
  #removeBrokerIfUnused(): void {
    if (this.brokerObject !== 'deleting') return;
    const isUsed = this.instances.names().some((name) => {
      const required = this.instances.current(name)?.status?.deprovisionStatus;
      return required === 'Required' || required === 'Failed';
    });
    if (!isUsed) this.brokerObject = 'gone';
  }
}

export function targetOf(plan: string): Target {
  return { scope: CLUSTER_SCOPE, broker: { name: 'broker' }, classId: 'class-id', planId: plan, planName: plan };
}

function withParameters(spec: ServiceInstance['spec'], value: number): ServiceInstance['spec'] {
  if (value === 0) {
    const { parameters: _, ...rest } = spec;
    return rest;
  }
  return { ...spec, parameters: { size: value } };
}
