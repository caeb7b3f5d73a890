import { randomUUID } from 'node:crypto';
import type { Namespace } from '../../lib/kube/core-resources.ts';
import { NAMESPACES } from '../../lib/kube/core-resources.ts';
import type { KubeObject } from '../../lib/kube/objects.ts';
import { storageResource } from '../kinds/kind-table.ts';
import type { Kind } from '../kinds/kind.ts';
import { alreadyExists, badRequest, forbidden, invalid, notFound } from '../status.ts';
import { KeyExistsError } from '../storage/storage-errors.ts';
import { StoredObject } from '../storage/stored-object.ts';
import { review } from './admission.ts';
import type { RegistryContext, Target, WriteRequest } from './context.ts';
import { decodeObject } from './decode.ts';
import type { Document } from './decode.ts';
import { faultsOf, prepareForCreate } from './prepare.ts';
import { withAdmitted } from './admitted.ts';

/** Names that are generated may clash; a new one is tried so often. */
const NAME_ATTEMPTS = 8;

/** POST to a collection. Throws ApiError: 400, 403, 404 (no such namespace), 409 (exists), 422. */
export async function createObject(
  context: RegistryContext,
  target: Target,
  document: Document,
  request: WriteRequest,
): Promise<StoredObject> {
  const { kind, namespace } = target;
  const decoded = decodeObject(kind, document, request.fieldValidation, request.warn);
  checkIdentity(kind, decoded, namespace);
  if (namespace !== undefined) await checkNamespace(context, kind, namespace, decoded.metadata.name ?? '');
  const generated = (decoded.metadata.name ?? '') === '';
  for (let attempt = 1; ; attempt++) {
    const uid = randomUUID();
    const object = await admitted(context, kind, prepareForCreate(kind, decoded, namespace), uid, request);
    const name = object.metadata.name ?? '';
    try {
      return await store(context, kind, object, uid, request.dryRun);
    } catch (thrown) {
      if (!(thrown instanceof KeyExistsError)) throw thrown;
      if (!generated || attempt >= NAME_ATTEMPTS) throw alreadyExists(kind.resource, name);
    }
  }
}

function checkIdentity(kind: Kind, object: KubeObject, namespace: string | undefined): void {
  const { metadata } = object;
  if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '')
    throw badRequest('resourceVersion should not be set on objects to be created');
  if (kind.resource.namespaced && metadata.namespace !== undefined && metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** Nothing is made in a namespace that does not exist or is being emptied. */
async function checkNamespace(context: RegistryContext, kind: Kind, namespace: string, name: string): Promise<void> {
  const stored = await context.storage.get({ resource: storageResource(NAMESPACES), namespace: '', name: namespace });
  if (stored === undefined) throw notFound(NAMESPACES, namespace);
  if ((stored.object as Namespace).metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(kind.resource, name, why, [
    {
      reason: 'NamespaceTerminating',
      field: 'metadata.namespace',
      message: `namespace ${namespace} is being terminated`,
    },
  ]);
}

async function admitted(
  context: RegistryContext,
  kind: Kind,
  prepared: KubeObject,
  uid: string,
  request: WriteRequest,
): Promise<KubeObject> {
  check(kind, prepared);
  if (!kind.custom) return prepared;
  const { name, namespace } = prepared.metadata;
  const object = await review(
    context,
    {
      operation: 'CREATE',
      resource: kind.resource,
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
      object: prepared,
      newId: { of: 'uid', value: uid },
      user: request.user,
    },
    request.warn,
  );
  const final = withAdmitted(kind, prepared, object);
  if (final !== prepared) check(kind, final);
  return final;
}

function check(kind: Kind, object: KubeObject): void {
  const faults = faultsOf(kind, object, undefined);
  if (faults.length > 0) throw invalid(kind.resource, object.metadata.name ?? '', faults);
}

async function store(
  context: RegistryContext,
  kind: Kind,
  object: KubeObject,
  uid: string,
  dryRun: boolean,
): Promise<StoredObject> {
  const metadata = {
    ...object.metadata,
    uid,
    // Whole seconds, as Kubernetes writes times.
    creationTimestamp: timestamp(context.clock.now()),
  };
  const final = { ...object, metadata };
  const key = {
    resource: storageResource(kind.resource),
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
  };
  if (dryRun) {
    if ((await context.storage.get(key)) !== undefined) throw new KeyExistsError(key.name);
    return new StoredObject(0, JSON.stringify(final), final);
  }
  return context.storage.create(key, final, kind.ttlMs === undefined ? {} : { ttlMs: kind.ttlMs });
}

/** A moment in milliseconds as `2006-01-02T15:04:05Z`. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/u, 'Z');
}
