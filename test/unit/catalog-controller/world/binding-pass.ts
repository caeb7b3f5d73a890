import type { BindingAction, BindingSettled, Injection } from '../../../../catalog-controller/binding/action.ts';
import { decideBinding } from '../../../../catalog-controller/binding/decide.ts';
import type { BindingObserved, SecretState } from '../../../../catalog-controller/binding/observed.ts';
import { settleBind } from '../../../../catalog-controller/binding/settle-bind.ts';
import { settleDelivery } from '../../../../catalog-controller/binding/settle-delivery.ts';
import { settleBindingPoll } from '../../../../catalog-controller/binding/settle-poll.ts';
import { settleEjectFailure, settleUnbind } from '../../../../catalog-controller/binding/settle-unbind.ts';
import { findCondition, isTrue } from '../../../../lib/catalog/conditions.ts';
import { mergeParameters } from '../../../../lib/catalog/parameters.ts';
import type { ServiceBinding, ServiceInstance } from '../../../../lib/catalog/types.generated.ts';
import type { BindResponse } from '../../../../lib/osb/types.ts';
import type { Outcome } from '../../../../lib/osb/outcome.ts';
import type { Circumstances, Passed } from './circumstances.ts';
import { POLICY } from './policy.ts';
import { resolve } from './resolution.ts';
import type { Surroundings } from './surroundings.ts';

/** How long a Secret that was looked at is left alone. */
const SECRET_CHECK_MS = 300_000;

/** One pass of the real decisions over a binding. */
export function passBinding(around: Surroundings, name: string, circumstances: Circumstances): Passed {
  const binding = around.api.bindings.seen(name, circumstances.lag);
  if (binding === undefined) return undefined;
  let observed = observe(around, binding, circumstances);
  let action = decideBinding(observed);
  while (action.type === 'look') {
    observed =
      action.at === 'secret'
        ? { ...observed, secret: lookAtSecret(around, binding) }
        : { ...observed, parameters: mergeParameters(binding.spec.parameters, []) };
    action = decideBinding(observed);
  }
  return perform(around, observed, action, circumstances);
}

function observe(around: Surroundings, binding: ServiceBinding, { lag }: Circumstances): BindingObserved {
  const { api, process, brokerObject } = around;
  const uid = binding.metadata.uid ?? '';
  const instance = api.instances.seen(binding.spec.instanceRef.name, lag);
  return {
    now: api.now,
    random: 1,
    binding,
    policy: POLICY,
    instance: instance === undefined ? undefined : observeInstance(instance),
    resolution: resolveFor(around, instance),
    brokerUsable: brokerObject === 'present',
    recordedBrokerExists: brokerObject !== 'gone',
    clusterId: 'cluster',
    namespaceUid: 'ns-uid',
    parameters: undefined,
    secret: undefined,
    nextSecretCheckAt: process.nextSecretCheck.get(uid) ?? 0,
    rival: undefined,
    intentIsFresh: process.fresh.has(uid),
    nextPollAt: process.nextPoll.get(uid),
    brokerHasChanged: false,
    admissionIsTrusted: true,
  };
}

function observeInstance({ metadata, spec, status }: ServiceInstance): NonNullable<BindingObserved['instance']> {
  const reason = findCondition(status, 'Ready')?.reason;
  return {
    name: metadata.name ?? '',
    externalID: spec.externalID ?? '',
    deleting: metadata.deletionTimestamp !== undefined,
    ready: isTrue(status, 'Ready') && spec.clusterServicePlanRef !== undefined,
    starting: reason === undefined || reason === 'ProvisionRequestInFlight',
    asyncOpInProgress: status?.asyncOpInProgress === true,
  };
}

function resolveFor(
  { classExists, retrievable }: Surroundings,
  instance: ServiceInstance | undefined,
): BindingObserved['resolution'] {
  const resolution = instance === undefined ? undefined : resolve(instance, classExists);
  if (resolution?.found !== true) {
    return { found: false, reason: 'ErrorInstanceRefsUnresolved', message: 'the instance has no class yet' };
  }
  return { found: true, target: resolution.target, bindable: true, retrievable, maximumPollingSeconds: undefined };
}

function lookAtSecret({ api, process }: Surroundings, { metadata }: ServiceBinding): SecretState {
  const { name = '', uid = '' } = metadata;
  const secret = api.secrets.get(name);
  if (secret === undefined) return 'absent';
  if (secret.owner !== uid) return 'foreign';
  if (secret.data === 'edited') return 'altered';
  process.nextSecretCheck.set(uid, api.now + SECRET_CHECK_MS);
  return 'intact';
}

function perform(
  around: Surroundings,
  observed: BindingObserved,
  action: BindingAction,
  circumstances: Circumstances,
): Passed {
  const { api, broker, process } = around;
  const { binding } = observed;
  const { name = '', uid = '' } = binding.metadata;
  const { fault } = circumstances;
  const settle = (settled: BindingSettled): Passed => process.settle(api.bindings, binding, settled, circumstances);
  switch (action.type) {
    case 'wait':
      return action.wakeAt;
    case 'look':
      throw new Error('there is nothing to look at that was not');
    case 'report':
      return process.report(api.bindings, binding, action, circumstances);
    case 'adopt':
      return process.adopt(api.bindings, binding, action.spec);
    case 'record-intent':
      return process.recordIntent(api.bindings, binding, { status: action.status, isFirst: true }, circumstances);
    case 'release':
      return process.release(api.bindings, binding);
    case 'bind': {
      process.fresh.delete(uid);
      const { bindingId, instanceId, request } = action;
      const mode = fault === 'async' && !action.acceptsIncomplete ? 'none' : fault;
      const outcome = broker.bind(bindingId, instanceId, request.plan_id, request.parameters, mode);
      return settle(settleBind(observed, action.mayHaveBeenSent, outcome, inject(around, binding, outcome)));
    }
    case 'deliver': {
      const { bindingId, instanceId, request } = action;
      const mode = fault === 'async' ? 'none' : fault;
      let outcome = action.retrievable ? broker.fetchBinding(bindingId, mode) : undefined;
      if (outcome === undefined || (outcome.kind === 'rejected' && outcome.status === 404)) {
        outcome = broker.bind(bindingId, instanceId, request.plan_id, request.parameters, mode);
      }
      return settle(settleDelivery(observed, outcome, inject(around, binding, outcome)));
    }
    case 'unbind': {
      if (api.secrets.get(name)?.owner === uid) api.secrets.delete(name);
      if (circumstances.mishap === 'write-fails') {
        return settle(settleEjectFailure(observed, 'the API server is down'));
      }
      return settle(settleUnbind(observed, broker.unbind(action.bindingId, fault)));
    }
    case 'poll':
      return settle(settleBindingPoll(observed, broker.poll('binding', action.bindingId, fault)));
  }
}

/** Writes the credentials the broker gave into the binding's Secret; undefined when it gave none. */
function inject(
  { api, process }: Surroundings,
  { metadata }: ServiceBinding,
  outcome: Outcome<BindResponse>,
): Injection | undefined {
  if (outcome.kind !== 'success') return undefined;
  const { name = '', uid = '' } = metadata;
  const existing = api.secrets.get(name);
  if (existing !== undefined && existing.owner !== uid) return { ok: false, message: 'not ours' };
  api.secrets.set(name, { owner: uid, data: String(outcome.body.credentials?.['password']) });
  process.nextSecretCheck.set(uid, api.now + SECRET_CHECK_MS);
  return { ok: true, secret: { metadata: {} } };
}
