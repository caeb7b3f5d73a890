import type { KubeClient } from '../../lib/kube/client.ts';
import { isAlreadyExists } from '../../lib/kube/client.ts';
import { NAMESPACES, SECRETS } from '../../lib/kube/core-resources.ts';
import { CLUSTER_SERVICE_BROKERS } from '../../lib/catalog/resources.ts';

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

/** Tells the broker's object which authority to trust, if the object is there and does not know. */
export async function refreshBrokerAuthority(
  kube: KubeClient,
  access: BrokerAccess,
  signal: AbortSignal,
): Promise<void> {
  const broker = await kube.get(CLUSTER_SERVICE_BROKERS, { name: BROKER_NAME }, signal);
  const caBundle = base64(access.authority);
  if (!broker || broker.spec.caBundle === caBundle) return;
  const patch = { type: 'merge' as const, body: { spec: { caBundle } } };
  await kube.patch(CLUSTER_SERVICE_BROKERS, { name: BROKER_NAME }, patch, { signal });
}

async function createIfAbsent(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (thrown) {
    if (!isAlreadyExists(thrown)) throw thrown;
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
