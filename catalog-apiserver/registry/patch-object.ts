import type { KubeObject } from '../../lib/kube/objects.ts';
import type { Kind } from '../kinds/kind.ts';
import { jsonPatch, mergePatch, PatchError } from '../patch.ts';
import { isRecord } from '../schema/schema.ts';
import { badRequest, invalid, unsupportedMediaType } from '../status.ts';
import type { StoredObject } from '../storage/stored-object.ts';
import { strategicMergePatch } from '../strategic-merge.ts';
import type { RegistryContext, Target, WriteRequest } from './context.ts';
import { decodeObject } from './decode.ts';
import type { Document } from './decode.ts';
import { updateObject } from './update.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';

/** The patch types a kind takes, for messages and OpenAPI. */
export function patchTypes(kind: Kind): string[] {
  return [JSON_PATCH, MERGE_PATCH, ...(kind.mergeKeys === undefined ? [] : [STRATEGIC_MERGE_PATCH])];
}

/** Throws 415 for a patch type the kind does not take; to be called before the body is read. */
export function checkPatchType(kind: Kind, mediaType: string): void {
  const accepted = patchTypes(kind);
  if (accepted.includes(mediaType)) return;
  const hint = mediaType.startsWith('application/apply-patch')
    ? 'server-side apply is not supported by this server (use kubectl apply without --server-side); '
    : '';
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - ${hint}accepted media types include: ${accepted.join(', ')}`,
  );
}

/** PATCH of an object or a subresource. Throws ApiError: 400, 403, 404, 409, 415, 422. */
export async function patchObject(
  context: RegistryContext,
  target: Target,
  mediaType: string,
  patch: Document,
  request: WriteRequest,
): Promise<StoredObject> {
  const { kind } = target;
  checkPatchType(kind, mediaType);
  const transform = (current: KubeObject): KubeObject => {
    const value = apply(kind, target.name ?? '', mediaType, current, patch.value);
    const decoded = decodeObject(kind, { value, duplicates: patch.duplicates }, request.fieldValidation, request.warn);
    // Unless the patch speaks of it, the version is not a condition: the patch is for whatever is there.
    if (!namesVersion(patch.value)) delete decoded.metadata.resourceVersion;
    return decoded;
  };
  return updateObject(context, target, transform, request);
}

function apply(kind: Kind, name: string, mediaType: string, current: KubeObject, patch: unknown): unknown {
  try {
    switch (mediaType) {
      case JSON_PATCH:
        return jsonPatch(current, patch);
      case STRATEGIC_MERGE_PATCH:
        return strategicMergePatch(current, patch, kind.mergeKeys ?? {});
      default:
        if (!isRecord(patch)) throw new PatchError('malformed', 'a merge patch is an object');
        return mergePatch(current, patch);
    }
  } catch (thrown) {
    if (!(thrown instanceof PatchError)) throw thrown;
    if (thrown.fault === 'malformed') throw badRequest(`error decoding patch: ${thrown.message}`);
    throw invalid(kind.resource, name, [{ reason: 'FieldValueInvalid', field: 'patch', message: thrown.message }]);
  }
}

/** Whether a patch sets or tests the resourceVersion, which makes it conditional. */
function namesVersion(patch: unknown): boolean {
  if (Array.isArray(patch))
    return patch.some((operation) => isRecord(operation) && operation['path'] === '/metadata/resourceVersion');
  if (!isRecord(patch) || !isRecord(patch['metadata'])) return false;
  const version = patch['metadata']['resourceVersion'];
  return version !== undefined && version !== null;
}
