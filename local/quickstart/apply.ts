import type { KubeClient } from '../../lib/kube/client.ts';
import { isAlreadyExists } from '../../lib/kube/client.ts';
import type { KubeObject } from '../../lib/kube/objects.ts';
import { CLUSTER_SERVICE_BROKERS } from '../../lib/catalog/resources.ts';
import { BROKER_NAME } from './broker-access.ts';
import type { BrokerAccess } from './broker-access.ts';
import { withLastApplied } from './manifest.ts';
import type { ManifestObject } from './manifest.ts';

/**
 * Applies the objects as `kubectl apply` would. The broker's object gets its `caBundle` with the first write, outside
 * of what counts as applied: it is trusted from the start, and a later `kubectl apply` of the file leaves it alone.
 */
export async function applyManifest(
  kube: KubeClient,
  objects: readonly ManifestObject[],
  access: BrokerAccess,
  signal: AbortSignal,
): Promise<void> {
  for (const { resource, object } of objects) {
    const applied = withLastApplied(object);
    const isBroker = resource.kind === CLUSTER_SERVICE_BROKERS.kind && object.metadata.name === BROKER_NAME;
    await createOrPatch(kube, resource, isBroker ? withAuthority(applied, access.authority) : applied, signal);
  }
}

async function createOrPatch(
  kube: KubeClient,
  resource: ManifestObject['resource'],
  object: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  try {
    await kube.create(resource, object, signal);
  } catch (thrown) {
    if (!isAlreadyExists(thrown)) throw thrown;
    const { name = '', namespace } = object.metadata;
    const key = namespace === undefined ? { name } : { namespace, name };
    await kube.patch(resource, key, { type: 'merge', body: object }, { signal });
  }
}

function withAuthority(object: KubeObject, authority: string): KubeObject {
  const spec = 'spec' in object && typeof object.spec === 'object' ? object.spec : {};
  const withBundle = { ...object, spec: { ...spec, caBundle: Buffer.from(authority).toString('base64') } };
  return withBundle;
}
