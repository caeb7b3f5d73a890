import { again, DONE } from '../../lib/kube/controller.ts';
import type { Result } from '../../lib/kube/controller.ts';
import type { Context } from '../context.ts';
import { withResync } from '../resync.ts';
import { readParameters } from '../read-parameters.ts';
import { decideInstance } from './decide.ts';
import { observeInstance } from './observe.ts';
import { performInstance } from './perform.ts';

/** One pass over one instance: observe, decide, perform. */
export async function reconcileInstance(context: Context, key: string, signal: AbortSignal): Promise<Result> {
  const instance = context.caches.instances.get(key);
  if (instance === undefined || context.memory.isReleased(instance.metadata.uid ?? '')) return DONE;
  let observed = observeInstance(context, instance);
  let action = decideInstance(observed);
  if (action.type === 'look') {
    const { namespace = '' } = instance.metadata;
    const parameters = await readParameters(context.kube, namespace, instance.spec, signal);
    observed = { ...observed, parameters };
    action = decideInstance(observed);
  }
  if (action.type === 'look') return again(observed.now);
  if (action.type !== 'wait') context.memory.brokerWasTried(instance.metadata.uid ?? '');
  return withResync(context, await performInstance(context, observed, action, signal));
}
