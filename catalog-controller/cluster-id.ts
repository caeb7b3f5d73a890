import { randomUUID } from 'node:crypto';
import { isAlreadyExists, isConflict } from '../lib/kube/client.ts';
import type { KubeClient } from '../lib/kube/client.ts';
import { CONFIG_MAPS } from '../lib/kube/core-resources.ts';

const ATTEMPTS = 5;

/**
 * The id by which brokers know this cluster: the key `id` of a ConfigMap, which is made, or filled, when it is missing.
 * What is there always wins. Throws the API server's error.
 */
export async function readClusterId(
  kube: Pick<KubeClient, 'get' | 'create' | 'replace'>,
  configMap: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await kube.get(CONFIG_MAPS, configMap, signal);
    const known = found?.data?.['id'];
    if (known !== undefined && known !== '') return known;
    const id = randomUUID();
    try {
      if (found === undefined) {
        await kube.create(CONFIG_MAPS, { metadata: { ...configMap }, data: { id } }, signal);
      } else {
        await kube.replace(CONFIG_MAPS, { ...found, data: { ...found.data, id } }, { signal });
      }
      return id;
    } catch (thrown) {
      // Another copy of this program was faster: its id is as good.
      if (!(isAlreadyExists(thrown) || isConflict(thrown)) || attempt >= ATTEMPTS) throw thrown;
    }
  }
}
