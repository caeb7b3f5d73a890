import type { InstanceAction, InstanceSettled } from '../../../../catalog-controller/instance/action.ts';
import { decideInstance } from '../../../../catalog-controller/instance/decide.ts';
import type { InstanceObserved } from '../../../../catalog-controller/instance/observed.ts';
import { settleDeprovision } from '../../../../catalog-controller/instance/settle-deprovision.ts';
import { settlePoll } from '../../../../catalog-controller/instance/settle-poll.ts';
import { settleProvision } from '../../../../catalog-controller/instance/settle-provision.ts';
import { settleUpdate } from '../../../../catalog-controller/instance/settle-update.ts';
import { mergeParameters } from '../../../../lib/catalog/parameters.ts';
import type { ServiceInstance } from '../../../../lib/catalog/types.generated.ts';
import type { Circumstances, Passed } from './circumstances.ts';
import { POLICY } from './policy.ts';
import { resolve } from './resolution.ts';
import type { Surroundings } from './surroundings.ts';

/** One pass of the real decisions over an instance. */
export function passInstance(around: Surroundings, name: string, circumstances: Circumstances): Passed {
  const instance = around.api.instances.seen(name, circumstances.lag);
  if (instance === undefined) return undefined;
  const observed = observe(around, instance, circumstances);
  return perform(around, observed, decideInstance(observed), circumstances);
}

function observe(
  { api, process, classExists, brokerObject }: Surroundings,
  instance: ServiceInstance,
  { lag }: Circumstances,
): InstanceObserved {
  const { name = '', uid = '' } = instance.metadata;
  const bindings = api.bindings
    .names()
    .filter((binding) => api.bindings.seen(binding, lag)?.spec.instanceRef.name === name);
  return {
    now: api.now,
    random: 1,
    instance,
    policy: POLICY,
    resolution: resolve(instance, classExists),
    parameters: mergeParameters(instance.spec.parameters, []),
    userSpecified: { className: 'ClusterServiceClass/class', planName: 'plan' },
    brokerUsable: brokerObject === 'present',
    recordedBrokerExists: brokerObject !== 'gone',
    clusterId: 'cluster',
    namespaceUid: 'ns-uid',
    bindings,
    bindingsAreLeaving: bindings.every(
      (binding) => api.bindings.seen(binding, lag)?.metadata.deletionTimestamp !== undefined,
    ),
    rival: undefined,
    intentIsFresh: process.fresh.has(uid),
    nextPollAt: process.nextPoll.get(uid),
    brokerHasChanged: false,
    admissionIsTrusted: true,
  };
}

function perform(
  { api, broker, process }: Surroundings,
  observed: InstanceObserved,
  action: InstanceAction,
  circumstances: Circumstances,
): Passed {
  const { instance } = observed;
  const { fault } = circumstances;
  const settle = (settled: InstanceSettled): Passed => process.settle(api.instances, instance, settled, circumstances);
  switch (action.type) {
    case 'wait':
      return action.wakeAt;
    case 'look':
      throw new Error('there is nothing to look at that was not');
    case 'report':
      return process.report(api.instances, instance, action, circumstances);
    case 'adopt':
      return process.adopt(api.instances, instance, action.spec);
    case 'record-intent':
      return process.recordIntent(api.instances, instance, action, circumstances);
    case 'release':
      return process.release(api.instances, instance);
    case 'provision': {
      const { request, instanceId } = action;
      process.fresh.delete(instance.metadata.uid ?? '');
      const outcome = broker.provision(instanceId, request.plan_id, request.parameters, fault);
      return settle(settleProvision(observed, action.mayHaveBeenSent, outcome));
    }
    case 'update': {
      const { request, instanceId } = action;
      process.fresh.delete(instance.metadata.uid ?? '');
      const outcome = broker.update(instanceId, request.plan_id, request.parameters, fault);
      return settle(settleUpdate(observed, action.mayHaveBeenSent, outcome));
    }
    case 'deprovision':
      return settle(settleDeprovision(observed, broker.deprovision(action.instanceId, fault)));
    case 'poll':
      return settle(settlePoll(observed, broker.poll('instance', action.instanceId, fault)));
  }
}
