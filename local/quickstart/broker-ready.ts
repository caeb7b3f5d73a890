import type { KubeClient } from '../../lib/kube/client.ts';
import { findCondition } from '../../lib/catalog/conditions.ts';
import { CLUSTER_SERVICE_BROKERS } from '../../lib/catalog/resources.ts';
import type { ClusterServiceBroker } from '../../lib/catalog/types.generated.ts';
import { waitUntil } from '../processes/wait-until.ts';
import { BROKER_NAME } from './broker-access.ts';

/**
 * Resolves when the controllers have read the broker's catalog as its object asks for now, or when there is no such
 * object. Throws after `timeoutMs`, with what the controllers say of it.
 */
export async function waitForBroker(kube: KubeClient, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    const broker = await kube.get(CLUSTER_SERVICE_BROKERS, { name: BROKER_NAME }, signal);
    if (!broker || catalogIsRead(broker)) return true;
    throw new Error(findCondition(broker.status, 'Ready')?.message ?? 'the controllers have not looked at it yet');
  };
  await waitUntil(look, { what: `The catalog of ${BROKER_NAME}`, timeoutMs, intervalMs: 100, signal });
}

/** True when nobody need wait any more: it is read for the present generation, or the object is on its way out. */
export function catalogIsRead(broker: ClusterServiceBroker): boolean {
  if (broker.metadata.deletionTimestamp !== undefined) return true;
  const read = (broker.status?.reconciledGeneration ?? 0) >= (broker.metadata.generation ?? 1);
  return read && findCondition(broker.status, 'Ready')?.status === 'True';
}
