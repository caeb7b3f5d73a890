import { keyOf } from '../../lib/kube/objects.ts';
import type { KubeObject } from '../../lib/kube/objects.ts';
import type { Memory } from '../memory.ts';
import { removeFinalizer } from './write.ts';
import type { Store } from './write.ts';

/**
 * Takes our finalizer off and remembers that, until the copy knows that the object is gone: passes in between would
 * work on something that is over. Throws what the API server answers; then nothing is remembered.
 */
export async function releaseObject<T extends KubeObject>(
  memory: Pick<Memory, 'released' | 'notReleased'>,
  store: Store<T>,
  object: T,
): Promise<void> {
  const { uid = '' } = object.metadata;
  memory.released(uid);
  try {
    await removeFinalizer(store, object);
  } catch (thrown) {
    memory.notReleased(uid);
    throw thrown;
  }
  // What the copy has forgotten already nobody will tell again.
  if (store.cache.get(keyOf(object))?.metadata.uid !== uid) memory.notReleased(uid);
}
