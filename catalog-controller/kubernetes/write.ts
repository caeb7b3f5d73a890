import { isDeepStrictEqual } from 'node:util';
import { isConflict, isNotFound } from '../../lib/kube/client.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import type { Informer } from '../../lib/kube/informer.ts';
import { FINALIZER } from '../../lib/catalog/resources.ts';
import type { KubeObject, ObjectKey, ObjectMeta } from '../../lib/kube/objects.ts';

/** Where objects of one kind are written, and the copy that has to see it. */
export interface Store<T extends KubeObject> {
  readonly client: Pick<KubeClient, 'get' | 'replace' | 'patch'>;
  readonly cache: Pick<Informer<T>, 'get' | 'observeWrite' | 'resource'>;
}

/** Somebody else keeps writing the object. */
const ATTEMPTS = 5;

type WithStatus = KubeObject & { status?: object };

/** Writes a status that rests on `object` being as it is. Throws the API server's 409 when it is not. */
export async function writeStatusIfUnchanged<T extends WithStatus>(
  store: Store<T>,
  object: T,
  status: T['status'],
): Promise<void> {
  const written = await store.client.replace<T>(store.cache.resource, { ...object, status }, { subresource: 'status' });
  store.cache.observeWrite(written);
}

/**
 * Writes a status that tells what has happened, whatever was changed about the object in the meantime: nobody but this
 * controller writes the status. Does nothing when the object is gone.
 */
export async function writeStatus<T extends WithStatus>(
  store: Store<T>,
  object: T,
  status: T['status'],
): Promise<void> {
  if (isDeepStrictEqual(object.status, status)) return;
  await onNewest(store, object, async (newest) => {
    await writeStatusIfUnchanged(store, newest, status);
  });
}

/** Changes metadata and spec of an object that is as it was seen; `change` is a merge patch. */
export async function patchIfUnchanged<T extends KubeObject>(
  store: Store<T>,
  object: T,
  change: { readonly metadata: ObjectMeta; readonly spec?: object },
): Promise<void> {
  const { resourceVersion } = object.metadata;
  const body = {
    ...change,
    metadata: { ...change.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  };
  const written = await store.client.patch<T>(store.cache.resource, keyFor(object), { type: 'merge', body });
  store.cache.observeWrite(written);
}

/** Takes our finalizer off; does nothing when the object is gone. */
export async function removeFinalizer<T extends KubeObject>(store: Store<T>, object: T): Promise<void> {
  await onNewest(store, object, async (newest) => {
    const finalizers = (newest.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    await patchIfUnchanged(store, newest, { metadata: { finalizers } });
  });
}

/** The finalizers of an object with ours among them. */
export function finalizersWithOurs(object: KubeObject): string[] {
  const finalizers = object.metadata.finalizers ?? [];
  return finalizers.includes(FINALIZER) ? finalizers : [...finalizers, FINALIZER];
}

/** Whether others than we hold the object back. */
export function hasOtherFinalizers(object: KubeObject): boolean {
  return (object.metadata.finalizers ?? []).some((finalizer) => finalizer !== FINALIZER);
}

/** Does `write` with the object as seen; when that is out of date, with the object as it is. */
async function onNewest<T extends KubeObject>(
  store: Store<T>,
  object: T,
  write: (newest: T) => Promise<void>,
): Promise<void> {
  let newest: T | undefined = object;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await write(newest);
      return;
    } catch (thrown) {
      if (isNotFound(thrown)) return;
      if (!isConflict(thrown) || attempt >= ATTEMPTS) throw thrown;
    }
    newest = await store.client.get<T>(store.cache.resource, keyFor(object));
    // Another object of the same name is another object.
    if (newest === undefined || newest.metadata.uid !== object.metadata.uid) return;
  }
}

function keyFor(object: KubeObject): ObjectKey {
  const { namespace, name = '' } = object.metadata;
  return namespace === undefined ? { name } : { namespace, name };
}
