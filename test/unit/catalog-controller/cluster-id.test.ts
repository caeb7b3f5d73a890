import { describe, expect, test } from '@jest/globals';
import { readClusterId } from '../../../catalog-controller/cluster-id.ts';
import type { ServiceInstanceStatus } from '../../../lib/catalog/types.generated.ts';
import { KubeApiError } from '../../../lib/kube/client.ts';
import type { KubeClient } from '../../../lib/kube/client.ts';
import type { KubeObject } from '../../../lib/kube/objects.ts';

const WHERE = { namespace: 'default', name: 'cluster-info' };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** As much of an API server as an id is found with. */
class Cluster {
  readonly warnings: string[] = [];
  configMap: (KubeObject & { data?: Record<string, string> }) | undefined;
  kubeSystem: 'there' | 'none' | 'forbidden' | 'down' = 'there';
  atBroker: ServiceInstanceStatus['deprovisionStatus'];
  /** Of another copy of the program, which writes between our look and our write. */
  faster: string | undefined;

  read(): Promise<string> {
    const kube = {
      get: async (resource: { kind: string }) => {
        if (resource.kind === 'ConfigMap') return this.configMap;
        if (this.kubeSystem === 'forbidden') throw new KubeApiError(403, 'Forbidden', 'no');
        if (this.kubeSystem === 'down') throw new KubeApiError(503, 'ServiceUnavailable', 'later');
        return this.kubeSystem === 'there' ? { metadata: { name: 'kube-system', uid: 'uid-of-it' } } : undefined;
      },
      list: async () => ({
        items: [{ metadata: {}, spec: {}, status: { deprovisionStatus: this.atBroker } }],
        resourceVersion: '1',
      }),
      create: async (_: unknown, object: KubeObject) => this.#write(object, 'AlreadyExists'),
      replace: async (_: unknown, object: KubeObject) => this.#write(object, 'Conflict'),
    } as unknown as KubeClient;
    const log = { warn: (_: unknown, text: string) => this.warnings.push(text) } as never;
    return readClusterId(kube, WHERE, log, new AbortController().signal);
  }

  #write(object: KubeObject, reason: string): KubeObject {
    if (this.faster !== undefined) {
      this.configMap = { metadata: WHERE, data: { id: this.faster } };
      throw new KubeApiError(409, reason, 'too late');
    }
    return (this.configMap = object);
  }
}

const cluster = (given: Partial<Cluster>): Cluster => Object.assign(new Cluster(), given);

describe('the id of the cluster', () => {
  test('is what the ConfigMap says, whatever the cluster is', async () => {
    expect(await cluster({ configMap: { metadata: WHERE, data: { id: 'ours' } } }).read()).toBe('ours');
  });

  test.each<[string, Cluster['configMap']]>([
    ['is not there', undefined],
    ['has no id', { metadata: WHERE, data: { note: 'kept' } }],
  ])('is the uid of kube-system and written down when the ConfigMap %s', async (_, configMap) => {
    const world = cluster({ configMap });
    expect(await world.read()).toBe('uid-of-it');
    expect(world.configMap?.data).toEqual({ ...configMap?.data, id: 'uid-of-it' });
    expect(world.warnings).toEqual([]);
  });

  test('is the same again after the ConfigMap was lost, with a warning when it is in use', async () => {
    const world = cluster({});
    const before = await world.read();
    world.configMap = undefined;
    world.atBroker = 'Required';
    expect(await world.read()).toBe(before);
    expect(world.warnings).toEqual([expect.stringContaining('ConfigMap default/cluster-info had no id')]);
  });

  test('is that of another copy of the program that was faster', async () => {
    expect(await cluster({ faster: 'theirs' }).read()).toBe('theirs');
  });

  test.each(['none', 'forbidden'] as const)('is random where kube-system is %s', async (kubeSystem) => {
    expect(await cluster({ kubeSystem }).read()).toMatch(UUID);
  });

  test.each(['Required', 'Failed'] as const)('is not made up while a removal at a broker is %s', async (atBroker) => {
    const world = cluster({ kubeSystem: 'forbidden', atBroker });
    await expect(world.read()).rejects.toThrow(/restore the ConfigMap with the cluster's id in its key id/);
    expect(world.configMap).toBeUndefined();
  });

  test('waits for an API server that cannot answer', async () => {
    await expect(cluster({ kubeSystem: 'down' }).read()).rejects.toThrow('later');
  });
});
