import type { KubeClient } from '../../lib/kube/client.ts';
import { isAlreadyExists } from '../../lib/kube/client.ts';
import { NAMESPACES, SECRETS } from '../../lib/kube/core-resources.ts';
import { CLUSTER_SERVICE_BROKERS } from '../../lib/catalog/resources.ts';
import type { ClusterServiceBroker } from '../../lib/catalog/types.generated.ts';
import { BROKER_HOST } from '../certificates.ts';

/** What the controllers need to reach the broker. */
export interface BrokerAccess {
  readonly username: string;
  readonly password: string;
  /** PEM of the authority that signed the broker's certificate. */
  readonly authority: string;
}

/** Names that examples/quickstart.yaml uses. */
const NAMESPACE = 'service-catalog';
const SECRET = 'database-broker-auth';
export const BROKER_NAME = 'cloud-broker';

/** Creates the namespace and the Secret with the broker's login, or brings the Secret up to date. */
export async function ensureBrokerSecret(kube: KubeClient, access: BrokerAccess, signal: AbortSignal): Promise<void> {
  await createIfAbsent(() => kube.create(NAMESPACES, { metadata: { name: NAMESPACE } }, signal));
  const data = { username: base64(access.username), password: base64(access.password) };
  const key = { namespace: NAMESPACE, name: SECRET };
  if (await kube.get(SECRETS, key, signal)) {
    await kube.patch(SECRETS, key, { type: 'merge', body: { data } }, { signal });
    return;
  }
  await createIfAbsent(() => kube.create(SECRETS, { metadata: key, type: 'Opaque', data }, signal));
}

/**
 * Tells the broker's object, if there is one for this broker, which authority to trust, and asks for its catalog to be
 * read again: since the last start, a server may have come or gone, and with it what can be ordered.
 */
export async function refreshBroker(kube: KubeClient, access: BrokerAccess, signal: AbortSignal): Promise<void> {
  const broker = await kube.get(CLUSTER_SERVICE_BROKERS, { name: BROKER_NAME }, signal);
  if (!broker || !isOurs(broker)) return;
  const relistRequests = (broker.spec.relistRequests ?? 0) + 1;
  const patch = { type: 'merge' as const, body: { spec: { caBundle: base64(access.authority), relistRequests } } };
  await kube.patch(CLUSTER_SERVICE_BROKERS, { name: BROKER_NAME }, patch, { signal });
}

/** Somebody's own broker may have the same name, in a cluster above all. */
function isOurs({ spec: { url } }: ClusterServiceBroker): boolean {
  return URL.canParse(url) && new URL(url).hostname === BROKER_HOST;
}

async function createIfAbsent(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (thrown) {
    if (!isAlreadyExists(thrown)) throw thrown;
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
