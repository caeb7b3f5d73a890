import { copyJson } from '../../lib/kube/copy-json.ts';
import type { KubeObject } from '../../lib/kube/objects.ts';
import { conflict, detailsOf, forbidden, notFound, staleWrite, success } from '../status.ts';
import type { Status } from '../status.ts';
import { RevisionConflictError } from '../storage/storage-errors.ts';
import { StoredObject } from '../storage/stored-object.ts';
import { review } from './admission.ts';
import type { RegistryContext, Target, WriteRequest } from './context.ts';
import { timestamp } from './create.ts';
import { keyOf, mayGo } from './update.ts';

const ATTEMPTS = 5;

/** Finalizers that stand for a way to treat dependents; the garbage collector acts upon them and takes them off. */
const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/** How to delete. */
export interface DeleteOptions {
  /** What becomes of objects owned by this one. */
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** Delete only this very object, or this very state of it. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/**
 * DELETE of one object. Answers the object while finalizers hold it, else a Status. Throws ApiError: 403, 404, 409
 * (a precondition does not hold).
 */
export async function deleteObject(
  context: RegistryContext,
  target: Target,
  options: DeleteOptions,
  request: Pick<WriteRequest, 'user' | 'dryRun' | 'warn'>,
): Promise<StoredObject | Status> {
  const { kind } = target;
  const name = target.name ?? '';
  for (let attempt = 1; ; attempt++) {
    const stored = await context.storage.get(keyOf(target));
    if (stored === undefined) throw notFound(kind.resource, name);
    checkPreconditions(target, stored, options);
    const why = kind.strategy.undeletable?.(name);
    if (why !== undefined) throw forbidden(kind.resource, name, why);
    await admit(context, target, stored.object, request);
    try {
      return await remove(context, target, stored, options, request.dryRun);
    } catch (thrown) {
      if (!(thrown instanceof RevisionConflictError)) throw thrown;
      if (attempt >= ATTEMPTS) throw staleWrite(kind.resource, name);
    }
  }
}

function checkPreconditions(target: Target, stored: StoredObject, { preconditions }: DeleteOptions): void {
  const { uid = '' } = stored.object.metadata;
  const fail = (what: string, wanted: string, actual: string) =>
    conflict(
      target.kind.resource,
      target.name ?? '',
      `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${actual}`,
    );
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) throw fail('UID', preconditions.uid, uid);
  const version = preconditions?.resourceVersion;
  if (version !== undefined && version !== String(stored.revision))
    throw fail('ResourceVersion', version, String(stored.revision));
}

async function admit(
  context: RegistryContext,
  target: Target,
  oldObject: KubeObject,
  request: Pick<WriteRequest, 'user' | 'warn'>,
): Promise<void> {
  if (!target.kind.custom) return;
  await review(
    context,
    {
      operation: 'DELETE',
      resource: target.kind.resource,
      ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
      name: target.name ?? '',
      oldObject,
      user: request.user,
    },
    request.warn,
  );
}

async function remove(
  context: RegistryContext,
  target: Target,
  stored: StoredObject,
  options: DeleteOptions,
  dryRun: boolean,
): Promise<StoredObject | Status> {
  const { kind } = target;
  const marked = markForDeletion(target, stored.object, options, context.clock.now());
  if (mayGo(kind, marked)) {
    if (!dryRun) await context.storage.delete(keyOf(target), stored.revision);
    return success(detailsOf(kind.resource, target.name ?? '', { uid: stored.object.metadata.uid ?? '' }));
  }
  const unchanged =
    stored.object.metadata.deletionTimestamp !== undefined &&
    sameList(marked.metadata.finalizers, stored.object.metadata.finalizers);
  if (unchanged) return stored;
  if (dryRun) return new StoredObject(stored.revision, JSON.stringify(marked), marked);
  return context.storage.update(keyOf(target), marked, stored.revision);
}

/** The object with its deletion noted and the finalizer its propagation policy asks for. */
function markForDeletion(target: Target, object: KubeObject, options: DeleteOptions, now: number): KubeObject {
  const { kind } = target;
  const marked = copyJson(object);
  const { metadata } = marked;
  const finalizers = finalizersFor(metadata.finalizers ?? [], options.propagationPolicy);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  if (metadata.deletionTimestamp !== undefined) return marked;
  metadata.deletionTimestamp = timestamp(now);
  metadata.deletionGracePeriodSeconds = 0;
  if (kind.hasGeneration) metadata.generation = (metadata.generation ?? 0) + 1;
  kind.strategy.markDeleting?.(marked);
  return marked;
}

function finalizersFor(finalizers: readonly string[], policy: DeleteOptions['propagationPolicy']): string[] {
  if (policy === undefined) return [...finalizers];
  const others = finalizers.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  if (policy === 'Orphan') return [...others, ORPHAN];
  return policy === 'Foreground' ? [...others, FOREGROUND] : others;
}

function sameList(left: readonly string[] = [], right: readonly string[] = []): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
