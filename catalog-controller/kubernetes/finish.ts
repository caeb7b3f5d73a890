import type { KubeObject } from '../../lib/kube/objects.ts';
import { again, DONE } from '../../lib/kube/controller.ts';
import type { Result } from '../../lib/kube/controller.ts';
import type { Context } from '../context.ts';
import { conditionEvents } from './condition-events.ts';
import { releaseObject } from './release.ts';
import { hasOtherFinalizers, writeStatus } from './write.ts';
import type { Store } from './write.ts';

type Told = NonNullable<Parameters<typeof conditionEvents>[0]>;
type WithConditions = KubeObject & { status?: Told };

/** What a broker's answer has led to. */
interface Settled<Status> {
  readonly status: Status;
  readonly release: boolean;
  readonly wakeAt?: number;
}

/** Stores what the outcome of a pass led to, and says when to look again. */
export async function finishPass<T extends WithConditions>(
  context: Context,
  store: Store<T>,
  object: T,
  settled: Settled<NonNullable<T['status']>>,
  now: number,
): Promise<Result> {
  context.memory.pollAt(object.metadata.uid ?? '', settled.wakeAt);
  tellEvents(context, object, settled.status);
  // Without anybody else holding it back, the object is gone with the finalizer, and so would be the status.
  if (!settled.release || hasOtherFinalizers(object)) await writeStatus(store, object, settled.status);
  return settled.release ? releasePass(context, store, object) : again(settled.wakeAt ?? now);
}

/** Takes the finalizer off; there is nothing more to do about the object. */
export async function releasePass<T extends KubeObject>(context: Context, store: Store<T>, object: T): Promise<Result> {
  await releaseObject(context.memory, store, object);
  return DONE;
}

/** An Event for each condition that `status` changes. */
export function tellEvents(context: Context, object: WithConditions, status: Told): void {
  for (const happening of conditionEvents(object.status, status)) context.events.record(object, happening);
}
