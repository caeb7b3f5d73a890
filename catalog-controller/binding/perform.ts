import type { ServiceBinding } from '../../lib/catalog/types.generated.ts';
import { again, DONE } from '../../lib/kube/controller.ts';
import type { Result } from '../../lib/kube/controller.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { BindResponse } from '../../lib/osb/types.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Context } from '../context.ts';
import { finishPass, releasePass, tellEvents } from '../kubernetes/finish.ts';
import { finalizersWithOurs, patchIfUnchanged, writeStatus, writeStatusIfUnchanged } from '../kubernetes/write.ts';
import type { Store } from '../kubernetes/write.ts';
import { callBroker, planOf } from '../operation/call-broker.ts';
import { nextResync } from '../resync.ts';
import { bounded } from '../operation/failure.ts';
import type { BindingAction, BindingCall, BindingSettled, Injection } from './action.ts';
import type { BindingObserved } from './observed.ts';
import { eject, inject } from './secret.ts';
import { settleBind } from './settle-bind.ts';
import { settleDelivery } from './settle-delivery.ts';
import { settleBindingPoll } from './settle-poll.ts';
import { settleEjectFailure, settleUnbind } from './settle-unbind.ts';

type Performable = Exclude<BindingAction, { type: 'look' }>;
type Bind = Extract<BindingAction, { type: 'bind' }>;
type Deliver = Extract<BindingAction, { type: 'deliver' }>;

/** Carries out one action. Credentials pass from the broker into the Secret and are kept nowhere else. */
export async function performBinding(
  context: Context,
  observed: BindingObserved,
  action: Performable,
  signal: AbortSignal,
): Promise<Result> {
  const { binding } = observed;
  const store = storeOf(context);
  const uid = binding.metadata.uid ?? '';
  switch (action.type) {
    case 'wait':
      return action.wakeAt === undefined ? DONE : again(action.wakeAt);
    case 'report':
      await writeStatus(store, binding, action.status);
      tellEvents(context, binding, action.status);
      // What follows from the report follows from the change of the object that the watch brings.
      return action.wakeAt === undefined ? DONE : again(action.wakeAt);
    case 'adopt':
      await patchIfUnchanged(store, binding, {
        metadata: { finalizers: finalizersWithOurs(binding) },
        spec: action.spec,
      });
      return again(observed.now);
    case 'record-intent':
      await writeStatusIfUnchanged(store, binding, action.status);
      context.memory.intentWritten(uid);
      tellEvents(context, binding, action.status);
      return again(observed.now);
    case 'release':
      return releasePass(context, storeOf(context), binding);
    case 'bind':
      return bind(context, observed, action, signal);
    case 'deliver':
      return deliver(context, observed, action, signal);
    case 'unbind':
      return unbind(context, observed, action, signal);
    case 'poll': {
      const { operation } = action;
      const hint = { ...planOf(action), ...(operation === undefined ? {} : { operation }) };
      const outcome = await callBroker(context, observed.binding, action, signal, (client, options) =>
        client.pollBinding(action.instanceId, action.bindingId, hint, options),
      );
      return finish(context, observed, settleBindingPoll(observed, outcome));
    }
  }
}

async function bind(context: Context, observed: BindingObserved, action: Bind, signal: AbortSignal): Promise<Result> {
  context.memory.requestSent(observed.binding.metadata.uid ?? '');
  const outcome = await callBroker(context, observed.binding, action, signal, (client, options) =>
    client.bind(action.instanceId, action.bindingId, action.request, {
      ...options,
      acceptsIncomplete: action.acceptsIncomplete,
    }),
  );
  const injection = await injectFrom(context, observed, outcome, signal);
  return finish(context, observed, settleBind(observed, action.mayHaveBeenSent, outcome, injection));
}

async function deliver(
  context: Context,
  observed: BindingObserved,
  action: Deliver,
  signal: AbortSignal,
): Promise<Result> {
  const outcome = await credentialsAgain(context, observed, action, signal);
  const injection = await injectFrom(context, observed, outcome, signal);
  if (injection?.ok === true && observed.binding.status?.reconciledGeneration !== undefined) {
    context.events.record(observed.binding, {
      type: 'Normal',
      reason: 'SecretRestored',
      message: `Secret ${observed.binding.spec.secretName ?? ''} was missing or had been changed and was written again`,
    });
  }
  return finish(context, observed, settleDelivery(observed, outcome, injection));
}

/** By GET where the broker has that, else by the same PUT again; also by PUT when the broker has lost the binding. */
async function credentialsAgain(
  context: Context,
  observed: BindingObserved,
  action: Deliver,
  signal: AbortSignal,
): Promise<Outcome<BindResponse>> {
  const { instanceId, bindingId, retrievable } = action;
  if (retrievable) {
    const fetched = await callBroker(context, observed.binding, action, signal, (client, options) =>
      client.getBinding(instanceId, bindingId, planOf(action), options),
    );
    const isLost = fetched.kind === 'rejected' && (fetched.status === 404 || fetched.status === 410);
    if (!isLost) return fetched;
  }
  return callBroker(context, observed.binding, action, signal, (client, options) =>
    client.bind(instanceId, bindingId, action.request, { ...options, acceptsIncomplete: retrievable }),
  );
}

async function injectFrom(
  context: Context,
  observed: BindingObserved,
  outcome: Outcome<BindResponse>,
  signal: AbortSignal,
): Promise<Injection | undefined> {
  if (outcome.kind !== 'success') return undefined;
  const { binding } = observed;
  const { credentials } = outcome.body;
  const injection = await inject(context.kube, binding, credentials, context.settings.admission !== 'none', signal);
  if (injection.ok) context.memory.checkSecretAt(binding.metadata, nextResync(context), injection.secret.metadata);
  return injection;
}

async function unbind(
  context: Context,
  observed: BindingObserved,
  action: BindingCall,
  signal: AbortSignal,
): Promise<Result> {
  const { uid = '' } = observed.binding.metadata;
  context.memory.requestSent(uid);
  try {
    await eject(context.kube, observed.binding, context.memory.knownSecret(uid), signal);
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return finish(context, observed, settleEjectFailure(observed, bounded(toError(thrown).message)));
  }
  const outcome = await callBroker(context, observed.binding, action, signal, (client, options) =>
    client.unbind(action.instanceId, action.bindingId, planOf(action), { ...options, acceptsIncomplete: true }),
  );
  return finish(context, observed, settleUnbind(observed, outcome));
}

/** Stores what the outcome led to. */
function finish(context: Context, observed: BindingObserved, settled: BindingSettled): Promise<Result> {
  return finishPass(context, storeOf(context), observed.binding, settled, observed.now);
}

function storeOf({ kube, caches }: Context): Store<ServiceBinding> {
  return { client: kube, cache: caches.bindings };
}
