import { credentialsOf, decodeSecretData, encodeSecretData, secretData } from '../../lib/catalog/credentials.ts';
import { SERVICE_BINDINGS } from '../../lib/catalog/resources.ts';
import { DATA_CHECKSUM, dataChecksum, isAltered } from '../../lib/catalog/secret-checksum.ts';
import { transformCredentials, transformSecrets } from '../../lib/catalog/secret-transforms.ts';
import type { ServiceBinding } from '../../lib/catalog/types.generated.ts';
import { isAlreadyExists, isConflict, KubeApiError } from '../../lib/kube/client.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import { SECRETS } from '../../lib/kube/core-resources.ts';
import type { Secret } from '../../lib/kube/core-resources.ts';
import { apiVersionOf, controllerOf } from '../../lib/kube/objects.ts';
import type { ObjectKey } from '../../lib/kube/objects.ts';
import type { JsonObject } from '../../lib/osb/types.ts';
import { bounded } from '../operation/failure.ts';
import type { SecretVersion } from '../memory.ts';
import type { Injection } from './action.ts';
import type { SecretState } from './observed.ts';

/** What the binding's Secret is to it. */
export function secretStateOf(secret: Secret | undefined, binding: ServiceBinding): SecretState {
  if (secret === undefined) return 'absent';
  if (!isOurs(secret, binding)) return 'foreign';
  return isAltered(secret) ? 'altered' : 'intact';
}

/** Where the binding's Secret is. */
export function secretKeyOf(binding: ServiceBinding): ObjectKey {
  const { name = '', namespace = '' } = binding.metadata;
  const { secretName } = binding.spec;
  return { namespace, name: secretName === undefined || secretName === '' ? name : secretName };
}

/**
 * Writes the credentials, transformed, into the binding's Secret. A Secret of that name that is not the binding's is
 * left alone. Every failure is a value, in words without any credential.
 */
export async function inject(
  kube: KubeClient,
  binding: ServiceBinding,
  credentials: JsonObject | undefined,
  mayReadOtherNamespaces: boolean,
  signal: AbortSignal,
): Promise<Injection> {
  try {
    const data = await transformed(kube, binding, credentials, mayReadOtherNamespaces, signal);
    if (!data.ok) return data;
    return await write(kube, binding, secretOf(binding, data.data), signal);
  } catch (thrown) {
    if (!(thrown instanceof Error) || signal.aborted) throw thrown;
    // The API server's messages name the Secret, never its data.
    return { ok: false, message: `The Secret was not written: ${bounded(thrown.message)}` };
  }
}

/**
 * Deletes the binding's Secret if it is the binding's. One that is as it was when it was `known` to be so need not be
 * read before.
 */
export async function eject(
  kube: KubeClient,
  binding: ServiceBinding,
  known: SecretVersion | undefined,
  signal: AbortSignal,
): Promise<void> {
  const key = secretKeyOf(binding);
  if (known !== undefined) {
    try {
      await kube.delete(SECRETS, key, { signal, ...known });
      return;
    } catch (thrown) {
      // Somebody has changed it since, or it is another one by now.
      if (!isConflict(thrown)) throw thrown;
    }
  }
  const secret = await kube.get(SECRETS, key, signal);
  if (secret === undefined || !isOurs(secret, binding)) return;
  const { uid } = secret.metadata;
  await kube.delete(SECRETS, key, { signal, ...(uid === undefined ? {} : { uid }) });
}

async function write(
  kube: KubeClient,
  binding: ServiceBinding,
  secret: Secret,
  signal: AbortSignal,
): Promise<Injection> {
  try {
    return { ok: true, secret: await kube.create(SECRETS, secret, signal) };
  } catch (thrown) {
    if (!isAlreadyExists(thrown)) throw thrown;
  }
  const key = secretKeyOf(binding);
  const existing = await kube.get(SECRETS, key, signal);
  if (existing !== undefined && !isOurs(existing, binding)) {
    return {
      ok: false,
      message:
        `Secret ${key.name} exists and does not belong to this binding. ` +
        'It is left alone; rename or delete it, or use another secretName.',
    };
  }
  if (existing === undefined) return { ok: true, secret: await kube.create(SECRETS, secret, signal) };
  return { ok: true, secret: await replace(kube, existing, secret, signal) };
}

/** Ours is replaced as a whole; one that was made immutable by hand, or is of another type, is made anew. */
async function replace(kube: KubeClient, existing: Secret, secret: Secret, signal: AbortSignal): Promise<Secret> {
  const { resourceVersion, uid, namespace, name = '' } = existing.metadata;
  const metadata = { ...secret.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  try {
    return await kube.replace(SECRETS, { ...secret, metadata }, { signal });
  } catch (thrown) {
    if (isConflict(thrown) || !(thrown instanceof KubeApiError) || thrown.status !== 422) throw thrown;
    await kube.delete(
      SECRETS,
      { name, ...(namespace === undefined ? {} : { namespace }) },
      { signal, ...(uid === undefined ? {} : { uid }) },
    );
    return kube.create(SECRETS, secret, signal);
  }
}

async function transformed(
  kube: KubeClient,
  binding: ServiceBinding,
  credentials: JsonObject | undefined,
  mayReadOtherNamespaces: boolean,
  signal: AbortSignal,
): Promise<ReturnType<typeof secretData>> {
  const { namespace = '' } = binding.metadata;
  const { secretTransforms } = binding.spec;
  const found = new Map<string, ReadonlyMap<string, Uint8Array>>();
  for (const reference of transformSecrets(secretTransforms, namespace)) {
    if (reference.namespace !== namespace && !mayReadOtherNamespaces) {
      return {
        ok: false,
        message:
          `secretTransforms names Secret ${reference.namespace}/${reference.name}. Without admission it is not known ` +
          'whether the user may read it, so only Secrets of the binding’s own namespace are.',
      };
    }
    const secret = await kube.get(SECRETS, reference, signal);
    if (secret !== undefined) found.set(`${reference.namespace}/${reference.name}`, decodeSecretData(secret.data));
  }
  const result = transformCredentials(credentialsOf(credentials), secretTransforms, namespace, (reference) =>
    found.get(`${reference.namespace}/${reference.name}`),
  );
  return result.ok ? secretData(result.credentials) : result;
}

function secretOf(binding: ServiceBinding, data: ReadonlyMap<string, Uint8Array>): Secret {
  const { name, namespace } = secretKeyOf(binding);
  const encoded = encodeSecretData(data);
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      annotations: { [DATA_CHECKSUM]: dataChecksum(encoded) },
      ownerReferences: [
        {
          apiVersion: apiVersionOf(SERVICE_BINDINGS),
          kind: SERVICE_BINDINGS.kind,
          name: binding.metadata.name ?? '',
          uid: binding.metadata.uid ?? '',
          controller: true,
          // The binding's finalizer orders the deletion already; `true` would need one more permission on some clusters.
          blockOwnerDeletion: false,
        },
      ],
    },
    type: 'Opaque',
    data: encoded,
  };
}

function isOurs(secret: Secret, binding: ServiceBinding): boolean {
  return controllerOf(secret)?.uid === binding.metadata.uid;
}
