import { randomUUID } from 'node:crypto';
import { SERVICE_INSTANCES } from '../lib/catalog/resources.ts';
import { isAlreadyExists, isConflict, KubeApiError } from '../lib/kube/client.ts';
import type { KubeClient } from '../lib/kube/client.ts';
import { CONFIG_MAPS, NAMESPACES } from '../lib/kube/core-resources.ts';
import type { Logger } from '../lib/runtime/log.ts';

const ATTEMPTS = 5;

/** Lives as long as its cluster, so its uid is an id of the cluster that can be found again. */
const LASTING_NAMESPACE = 'kube-system';

/**
 * The id by which brokers know this cluster: the key `id` of a ConfigMap, which is made, or filled, when it is missing.
 * What is there always wins. A new id is the uid of namespace kube-system, so that a ConfigMap that was lost comes back
 * with the same id; where that cannot be read it is random, unless brokers may know this cluster by another one already.
 *
 * Throws the API server's error, or one that says what to restore.
 */
export async function readClusterId(
  kube: Pick<KubeClient, 'get' | 'list' | 'create' | 'replace'>,
  configMap: { readonly namespace: string; readonly name: string },
  log: Pick<Logger, 'warn'>,
  signal: AbortSignal,
): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await kube.get(CONFIG_MAPS, configMap, signal);
    const known = found?.data?.['id'];
    if (known !== undefined && known !== '') return known;
    const lasting = await lastingId(kube, signal);
    const inUse = await isInUse(kube, signal);
    const where = `ConfigMap ${configMap.namespace}/${configMap.name}`;
    if (lasting === undefined && inUse) {
      throw new Error(
        `${where} has no id although brokers have instances of this cluster under one, and namespace ` +
          `${LASTING_NAMESPACE} cannot be read to find it; restore the ConfigMap with the cluster's id in its key id`,
      );
    }
    const id = lasting ?? randomUUID();
    try {
      if (found === undefined) {
        await kube.create(CONFIG_MAPS, { metadata: { ...configMap }, data: { id } }, signal);
      } else {
        await kube.replace(CONFIG_MAPS, { ...found, data: { ...found.data, id } }, { signal });
      }
    } catch (thrown) {
      // Another copy of this program was faster: its id is as good.
      if (!(isAlreadyExists(thrown) || isConflict(thrown)) || attempt >= ATTEMPTS) throw thrown;
      continue;
    }
    if (inUse) {
      log.warn(
        { clusterId: id },
        `${where} had no id although brokers have instances of this cluster; it is the uid of namespace ` +
          `${LASTING_NAMESPACE} again. If another id was in use, put it into the key id and restart: ` +
          'brokers do not find what they made under it otherwise',
      );
    }
    return id;
  }
}

/** Undefined when there is no such namespace, or it may not be read. */
async function lastingId(kube: Pick<KubeClient, 'get'>, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await kube.get(NAMESPACES, { name: LASTING_NAMESPACE }, signal))?.metadata.uid;
  } catch (thrown) {
    if (thrown instanceof KubeApiError && thrown.status === 403) return undefined;
    throw thrown;
  }
}

/** Whether a broker may have something that was made under an id of this cluster. */
async function isInUse(kube: Pick<KubeClient, 'list'>, signal: AbortSignal): Promise<boolean> {
  const { items } = await kube.list(SERVICE_INSTANCES, { signal });
  return items.some(({ status }) => status?.deprovisionStatus === 'Required' || status?.deprovisionStatus === 'Failed');
}
