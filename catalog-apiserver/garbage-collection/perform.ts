import { isNotFound } from '../../lib/kube/client.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import type { ObjectPlace } from '../../lib/kube/metadata-informers.ts';
import { parseKey } from '../../lib/kube/objects.ts';
import type { KubeObject, OwnerReference } from '../../lib/kube/objects.ts';
import type { PropagationPolicy } from './decide.ts';

/** The writes of the garbage collector. Each is bound to the state it was decided upon: a conflict means decide again. */
export type Writer = Pick<KubeClient, 'patch' | 'delete'>;

/** Takes the references to these owners off `object`. */
export async function dropReferences(
  client: Writer,
  place: ObjectPlace,
  object: KubeObject,
  uids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const kept = (object.metadata.ownerReferences ?? []).filter(({ uid }) => !uids.includes(uid));
  await patchReferences(client, place, object, kept, signal);
}

/** Lets the owners of `object` go without waiting for it. */
export async function unblockOwners(
  client: Writer,
  place: ObjectPlace,
  object: KubeObject,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const unblocked = (object.metadata.ownerReferences ?? []).map((reference) => ({
    ...reference,
    blockOwnerDeletion: false,
  }));
  return patchReferences(client, place, object, unblocked, signal);
}

/** Takes a finalizer off `object`. */
export async function dropFinalizer(
  client: Writer,
  place: ObjectPlace,
  object: KubeObject,
  finalizer: string,
  signal: AbortSignal,
): Promise<void> {
  const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
  await patchMetadata(client, place, object, { finalizers }, signal);
}

/** Deletes `object` as it is: not another of the same name, and not after somebody has given it a new owner. */
export async function deleteAsSeen(
  client: Writer,
  { resource, key }: ObjectPlace,
  { metadata }: KubeObject,
  propagationPolicy: PropagationPolicy,
  signal: AbortSignal,
): Promise<void> {
  const { uid, resourceVersion } = metadata;
  await client.delete(resource, parseKey(key), {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    propagationPolicy,
    signal,
  });
}

function patchReferences(
  client: Writer,
  place: ObjectPlace,
  object: KubeObject,
  references: readonly OwnerReference[],
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  return patchMetadata(client, place, object, { ownerReferences: references.length === 0 ? null : references }, signal);
}

/** Undefined when the object is gone. */
async function patchMetadata(
  client: Writer,
  { resource, key }: ObjectPlace,
  { metadata }: KubeObject,
  change: object,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const body = { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, ...change } };
  try {
    return await client.patch(resource, parseKey(key), { type: 'merge', body }, { signal });
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    throw thrown;
  }
}
