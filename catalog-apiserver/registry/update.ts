import type { KubeObject } from '../../lib/kube/objects.ts';
import { storageResource } from '../kinds/kind-table.ts';
import type { Kind } from '../kinds/kind.ts';
import { badRequest, conflict, invalid, notFound, staleWrite } from '../status.ts';
import { invalidValue } from '../schema/causes.ts';
import { RevisionConflictError } from '../storage/storage-errors.ts';
import type { StorageKey } from '../storage/storage.ts';
import { StoredObject } from '../storage/stored-object.ts';
import { review } from './admission.ts';
import { withAdmitted } from './admitted.ts';
import type { RegistryContext, Target, WriteRequest } from './context.ts';
import { decodeObject } from './decode.ts';
import type { Document } from './decode.ts';
import { faultsOf, prepareForUpdate } from './prepare.ts';
import { jsonEqual } from '../schema/json-equal.ts';

/** A write that names no version is made upon whatever is there; others may write in between, so often. */
const ATTEMPTS = 5;

/** PUT of an object or a subresource. Throws ApiError: 400, 403, 404, 409 (not the current version), 422. */
export async function replaceObject(
  context: RegistryContext,
  target: Target,
  document: Document,
  request: WriteRequest,
): Promise<StoredObject> {
  const { kind } = target;
  const candidate = decodeObject(kind, document, request.fieldValidation, request.warn);
  if (!kind.unconditionalUpdate && (candidate.metadata.resourceVersion ?? '') === '') {
    const fault = { ...invalidValue('metadata.resourceVersion', 0, 'must be specified for an update') };
    throw invalid(kind.resource, target.name ?? '', [fault]);
  }
  return updateObject(context, target, () => candidate, request);
}

/**
 * The one way an object changes: `transform` makes the candidate from what is stored, and the result is stored only
 * when nobody wrote in between. A candidate that names a resourceVersion is refused when it is not the current one;
 * one that does not is made anew. What leaves the object as it is, writes nothing.
 */
export async function updateObject(
  context: RegistryContext,
  target: Target,
  transform: (current: KubeObject) => KubeObject,
  request: WriteRequest,
): Promise<StoredObject> {
  const { kind } = target;
  const name = target.name ?? '';
  const key = keyOf(target);
  for (let attempt = 1; ; attempt++) {
    const stored = await context.storage.get(key);
    if (stored === undefined) throw notFound(kind.resource, name);
    const candidate = transform(stored.object);
    checkIdentity(target, candidate, stored);
    try {
      const next = await nextState(context, target, candidate, stored.object, request);
      return await store(context, kind, key, next, stored, request.dryRun);
    } catch (thrown) {
      if (!(thrown instanceof RevisionConflictError)) throw thrown;
      // A candidate with a version meets the newer one in checkIdentity and ends there as a conflict.
      if (attempt >= ATTEMPTS) throw staleWrite(kind.resource, name);
    }
  }
}

export function keyOf(target: Target): StorageKey {
  return {
    resource: storageResource(target.kind.resource),
    namespace: target.namespace ?? '',
    name: target.name ?? '',
  };
}

function checkIdentity(target: Target, { metadata }: KubeObject, stored: StoredObject): void {
  const { resource } = target.kind;
  const name = target.name ?? '';
  if (metadata.name !== undefined && metadata.name !== '' && metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  if (resource.namespaced && metadata.namespace !== undefined && metadata.namespace !== target.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  const { uid } = stored.object.metadata;
  if (metadata.uid !== undefined && metadata.uid !== '' && metadata.uid !== uid)
    throw conflict(
      resource,
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid ?? ''}`,
    );
  const version = metadata.resourceVersion ?? '';
  if (version !== '' && version !== String(stored.revision)) throw staleWrite(resource, name);
}

async function nextState(
  context: RegistryContext,
  target: Target,
  candidate: KubeObject,
  old: KubeObject,
  request: WriteRequest,
): Promise<KubeObject> {
  const { kind, subresource } = target;
  const prepared = prepareForUpdate(kind, subresource, candidate, old);
  if (jsonEqual(prepared, old)) return prepared;
  check(kind, prepared, old);
  if (!kind.custom) return prepared;
  const answer = await review(
    context,
    {
      operation: 'UPDATE',
      resource: kind.resource,
      ...(subresource === 'status' ? { subresource } : {}),
      ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
      name: target.name ?? '',
      object: prepared,
      oldObject: old,
      user: request.user,
    },
    request.warn,
  );
  const admitted = withAdmitted(kind, prepared, answer);
  if (admitted === prepared) return prepared;
  // Admission may have put fields back: whether the generation moves is decided by what will be stored.
  const final = prepareForUpdate(kind, subresource, admitted, old);
  check(kind, final, old);
  return final;
}

function check(kind: Kind, object: KubeObject, old: KubeObject): void {
  const faults = faultsOf(kind, object, old);
  if (faults.length > 0) throw invalid(kind.resource, old.metadata.name ?? '', faults);
}

async function store(
  context: RegistryContext,
  kind: Kind,
  key: StorageKey,
  next: KubeObject,
  stored: StoredObject,
  dryRun: boolean,
): Promise<StoredObject> {
  if (jsonEqual(next, stored.object)) return stored;
  if (dryRun) return new StoredObject(stored.revision, JSON.stringify(next), next);
  if (next.metadata.deletionTimestamp !== undefined && mayGo(kind, next)) {
    await context.storage.delete(key, stored.revision);
    return new StoredObject(stored.revision, JSON.stringify(next), next);
  }
  return context.storage.update(key, next, stored.revision, kind.ttlMs === undefined ? {} : { ttlMs: kind.ttlMs });
}

/** Whether nothing holds an object that is to be deleted. */
export function mayGo(kind: Kind, object: KubeObject): boolean {
  return kind.strategy.mayGo?.(object) ?? (object.metadata.finalizers ?? []).length === 0;
}
