import type { ServiceBinding } from '../../lib/catalog/types.generated.ts';
import { again, DONE } from '../../lib/kube/controller.ts';
import type { Result } from '../../lib/kube/controller.ts';
import { SECRETS } from '../../lib/kube/core-resources.ts';
import type { Context } from '../context.ts';
import { readParameters } from '../read-parameters.ts';
import { nextResync, withResync } from '../resync.ts';
import { decideBinding } from './decide.ts';
import { observeBinding } from './observe.ts';
import type { BindingObserved, SecretState } from './observed.ts';
import { performBinding } from './perform.ts';
import { secretKeyOf, secretStateOf } from './secret.ts';

/** One pass over one binding: observe, decide, perform. */
export async function reconcileBinding(context: Context, key: string, signal: AbortSignal): Promise<Result> {
  const binding = context.caches.bindings.get(key);
  if (binding === undefined || context.memory.isReleased(binding.metadata.uid ?? '')) return DONE;
  let observed: BindingObserved = observeBinding(context, binding);
  let action = decideBinding(observed);
  // There are two things to look at, so two looks are enough.
  for (let looks = 0; action.type === 'look' && looks < 2; looks += 1) {
    observed =
      action.at === 'secret'
        ? { ...observed, secret: await lookAtSecret(context, binding, signal) }
        : { ...observed, parameters: await lookAtParameters(context, binding, signal) };
    action = decideBinding(observed);
  }
  if (action.type === 'look') return again(observed.now);
  if (action.type !== 'wait') context.memory.brokerWasTried(binding.metadata.uid ?? '');
  return withResync(context, await performBinding(context, observed, action, signal));
}

async function lookAtSecret(context: Context, binding: ServiceBinding, signal: AbortSignal): Promise<SecretState> {
  const { kube, memory } = context;
  const secret = await kube.get(SECRETS, secretKeyOf(binding), signal);
  const state = secretStateOf(secret, binding);
  if (secret !== undefined && state === 'intact') {
    memory.checkSecretAt(binding.metadata, nextResync(context), secret.metadata);
  }
  return state;
}

function lookAtParameters(
  context: Context,
  binding: ServiceBinding,
  signal: AbortSignal,
): ReturnType<typeof readParameters> {
  return readParameters(context.kube, binding.metadata.namespace ?? '', binding.spec, signal);
}
