import type { KubeClient } from '../../lib/kube/client.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { toError } from '../../lib/runtime/errors.ts';
import { findCondition } from '../../lib/catalog/conditions.ts';
import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../lib/catalog/resources.ts';
import type { ServiceBinding, ServiceInstance } from '../../lib/catalog/types.generated.ts';

export interface BindingKey {
  readonly namespace: string;
  readonly name: string;
}

/** What is to be told of a binding on its way. */
export interface BindingNews {
  readonly state: 'working' | 'done';
  readonly text: string;
}

export interface WaitForBindings {
  readonly bindings: readonly BindingKey[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly tell: (binding: BindingKey, news: BindingNews) => void;
  readonly clock?: Clock;
}

const INTERVAL_MS = 250;

export interface WaitedForBindings {
  /** Without their Secret when the time was up; their conditions say why. */
  readonly open: readonly BindingKey[];
  /** Not there, or on their way out: nobody waits for them. */
  readonly gone: readonly BindingKey[];
}

/** Looks at the bindings until each has its Secret or is gone, and tells what happens. */
export async function waitForBindings(kube: KubeClient, wait: WaitForBindings): Promise<WaitedForBindings> {
  const clock = wait.clock ?? systemClock;
  const deadline = clock.now() + wait.timeoutMs;
  let open = wait.bindings;
  const gone: BindingKey[] = [];
  while (open.length > 0) {
    const news = await Promise.all(open.map((binding) => look(kube, binding, wait.signal)));
    news.forEach((item, index) => {
      const binding = open[index];
      if (item && binding) wait.tell(binding, item);
      else if (binding) gone.push(binding);
    });
    open = open.filter((_binding, index) => news[index]?.state === 'working');
    if (clock.now() >= deadline) break;
    if (open.length > 0) await clock.sleep(INTERVAL_MS, wait.signal);
  }
  return { open, gone };
}

async function look(kube: KubeClient, key: BindingKey, signal: AbortSignal): Promise<BindingNews | undefined> {
  try {
    const binding = await kube.get(SERVICE_BINDINGS, key, signal);
    if (!binding) return undefined;
    const instanceKey = { namespace: key.namespace, name: binding.spec.instanceRef.name };
    return newsOf(binding, await kube.get(SERVICE_INSTANCES, instanceKey, signal));
  } catch (thrown) {
    signal.throwIfAborted();
    return { state: 'working', text: toError(thrown).message };
  }
}

/** The binding's own condition once its instance is ready; until then the instance's, which is what it waits for. */
export function newsOf(binding: ServiceBinding, instance: ServiceInstance | undefined): BindingNews | undefined {
  if (binding.metadata.deletionTimestamp !== undefined) return undefined;
  const ready = findCondition(binding.status, 'Ready');
  if (ready?.status === 'True') {
    return {
      state: 'done',
      text: `credentials are in Secret ${binding.spec.secretName ?? binding.metadata.name ?? ''}`,
    };
  }
  const instanceReady = findCondition(instance?.status, 'Ready');
  if (instance && instanceReady?.status !== 'True') {
    return { state: 'working', text: instanceReady?.message ?? 'the instance waits for its first look' };
  }
  return { state: 'working', text: ready?.message ?? 'the binding waits for its first look' };
}
