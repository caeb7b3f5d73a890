import type { ServiceInstance } from '../../lib/catalog/types.generated.ts';
import { again, DONE } from '../../lib/kube/controller.ts';
import type { Result } from '../../lib/kube/controller.ts';
import type { Context } from '../context.ts';
import { finishPass, releasePass, tellEvents } from '../kubernetes/finish.ts';
import { finalizersWithOurs, patchIfUnchanged, writeStatus, writeStatusIfUnchanged } from '../kubernetes/write.ts';
import type { Store } from '../kubernetes/write.ts';
import { callBroker, planOf } from '../operation/call-broker.ts';
import type { InstanceAction, InstanceSettled } from './action.ts';
import type { InstanceObserved } from './observed.ts';
import { settleDeprovision } from './settle-deprovision.ts';
import { settlePoll } from './settle-poll.ts';
import { settleProvision } from './settle-provision.ts';
import { settleUpdate } from './settle-update.ts';

type Performable = Exclude<InstanceAction, { type: 'look' }>;

/** Carries out one action: at most one effect, then at most one status write. */
export async function performInstance(
  context: Context,
  observed: InstanceObserved,
  action: Performable,
  signal: AbortSignal,
): Promise<Result> {
  const { instance } = observed;
  const store = storeOf(context);
  const uid = instance.metadata.uid ?? '';
  switch (action.type) {
    case 'wait':
      return action.wakeAt === undefined ? DONE : again(action.wakeAt);
    case 'report':
      await writeStatus(store, instance, action.status);
      tellEvents(context, instance, action.status);
      // What follows from the report follows from the change of the object that the watch brings.
      return action.wakeAt === undefined ? DONE : again(action.wakeAt);
    case 'adopt':
      await patchIfUnchanged(store, instance, {
        metadata: { finalizers: finalizersWithOurs(instance), labels: action.labels },
        spec: action.spec,
      });
      return again(observed.now);
    case 'record-intent':
      await writeStatusIfUnchanged(store, instance, action.status);
      if (action.isFirst) context.memory.intentWritten(uid);
      tellEvents(context, instance, action.status);
      return again(observed.now);
    case 'release':
      return releasePass(context, storeOf(context), instance);
    case 'provision': {
      context.memory.requestSent(uid);
      const outcome = await callBroker(context, observed.instance, action, signal, (client, options) =>
        client.provision(action.instanceId, action.request, options),
      );
      return finish(context, observed, settleProvision(observed, action.mayHaveBeenSent, outcome));
    }
    case 'update': {
      context.memory.requestSent(uid);
      const outcome = await callBroker(context, observed.instance, action, signal, (client, options) =>
        client.updateInstance(action.instanceId, action.request, options),
      );
      return finish(context, observed, settleUpdate(observed, action.mayHaveBeenSent, outcome));
    }
    case 'deprovision': {
      context.memory.requestSent(uid);
      const outcome = await callBroker(context, observed.instance, action, signal, (client, options) =>
        client.deprovision(action.instanceId, planOf(action), options),
      );
      return finish(context, observed, settleDeprovision(observed, outcome));
    }
    case 'poll': {
      const { operation } = action;
      const hint = { ...planOf(action), ...(operation === undefined ? {} : { operation }) };
      const outcome = await callBroker(context, observed.instance, action, signal, (client, options) =>
        client.pollInstance(action.instanceId, hint, options),
      );
      return finish(context, observed, settlePoll(observed, outcome));
    }
  }
}

/** Stores what the outcome led to. */
function finish(context: Context, observed: InstanceObserved, settled: InstanceSettled): Promise<Result> {
  return finishPass(context, storeOf(context), observed.instance, settled, observed.now);
}

function storeOf({ kube, caches }: Context): Store<ServiceInstance> {
  return { client: kube, cache: caches.instances };
}
