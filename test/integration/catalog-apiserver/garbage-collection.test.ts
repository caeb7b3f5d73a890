import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startGarbageCollector } from '../../../catalog-apiserver/garbage-collection/garbage-collector.ts';
import type { Admission } from '../../../catalog-apiserver/registry/context.ts';
import { createKubeClient } from '../../../lib/kube/api-client.ts';
import type { KubeClient } from '../../../lib/kube/client.ts';
import { CONFIG_MAPS, NAMESPACES, SECRETS } from '../../../lib/kube/core-resources.ts';
import type { ConfigMap } from '../../../lib/kube/core-resources.ts';
import { MetadataInformers } from '../../../lib/kube/metadata-informers.ts';
import type { KubeObject, OwnerReference, Resource } from '../../../lib/kube/objects.ts';
import { silentLogger } from '../../../lib/runtime/log.ts';
import { startTestApiServer } from '../../support/api-server.ts';
import type { TestApiServer } from '../../support/api-server.ts';
import { Random } from '../../support/random.ts';
import { eventually } from '../../support/wait.ts';

/** Cluster-wide, and simple enough to stand for any such kind. */
const CLASSES: Resource = {
  group: 'servicecatalog.k8s.io',
  version: 'v1beta1',
  kind: 'ClusterServiceClass',
  plural: 'clusterserviceclasses',
  namespaced: false,
};

jest.setTimeout(60_000);

let server: TestApiServer;
let client: KubeClient;
let namespace: string;
let worlds = 0;

beforeAll(async () => {
  server = await startTestApiServer({ admission: letPass });
  client = createKubeClient({ kubeconfig: server.kubeconfig });
});

afterAll(async () => {
  client.close();
  await server.stop();
});

beforeEach(async () => {
  worlds += 1;
  namespace = `world-${worlds}`;
  await client.create(NAMESPACES, { metadata: { name: namespace } });
});

/** These tests are about objects of any kind, not about what the kinds mean. */
const letPass: Admission = async ({ object }) => ({ allowed: true, ...(object === undefined ? {} : { object }) });

const owner = (object: KubeObject, extra: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: object.apiVersion ?? 'v1',
  kind: object.kind ?? '',
  name: object.metadata.name ?? '',
  uid: object.metadata.uid ?? '',
  ...extra,
});

function put(name: string, owners: OwnerReference[] = [], finalizers: string[] = [], where = namespace) {
  const metadata = { name, namespace: where, ownerReferences: owners, finalizers };
  return client.create<ConfigMap>(CONFIG_MAPS, { metadata });
}

const look = (name: string): Promise<ConfigMap | undefined> => client.get(CONFIG_MAPS, { namespace, name });
const remove = (name: string, propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'): Promise<void> =>
  client.delete(CONFIG_MAPS, { namespace, name }, propagationPolicy === undefined ? {} : { propagationPolicy });

async function names(): Promise<string[]> {
  const { items } = await client.list(CONFIG_MAPS, { namespace });
  return items.map(({ metadata }) => metadata.name ?? '').sort();
}

async function left(...expected: string[]): Promise<void> {
  await eventually(
    `${expected.join(', ') || 'nothing'} is left`,
    async () => JSON.stringify(await names()) === JSON.stringify(expected),
    { timeoutMs: 20_000, everyMs: 20, describe: names },
  );
}

/** Whatever the collector would do in error, it has done when something later of the same kind is done. */
async function collectorHasPassed(): Promise<void> {
  const sentinel = await put('sentinel');
  await put('sentinel-child', [owner(sentinel)]);
  await remove('sentinel');
  await eventually('the sentinel is collected', async () => (await look('sentinel-child')) === undefined, {
    timeoutMs: 20_000,
    everyMs: 20,
  });
}

describe('background deletion', () => {
  test('takes the dependents of what was deleted, and theirs, of whatever kind', async () => {
    const grandparent = await put('grandparent');
    const parent = await put('parent', [owner(grandparent)]);
    await client.create(SECRETS, { metadata: { name: 'child', namespace, ownerReferences: [owner(parent)] } });
    await put('bystander');
    await remove('grandparent');
    await left('bystander');
    await eventually(
      'the Secret is gone',
      async () => (await client.get(SECRETS, { namespace, name: 'child' })) === undefined,
      { timeoutMs: 20_000, everyMs: 20 },
    );
  });

  test('an object with another living owner loses the dead reference and stays', async () => {
    const [one, other] = [await put('one'), await put('other')];
    await put('shared', [owner(one), owner(other)]);
    await remove('one');
    await eventually(
      'the reference is gone',
      async () => {
        const references = (await look('shared'))?.metadata.ownerReferences ?? [];
        return references.length === 1 && references[0]?.name === 'other';
      },
      { timeoutMs: 20_000, everyMs: 20 },
    );
    await remove('other');
    await left();
  });

  test('an owner made anew under the same name is another one', async () => {
    const first = await put('owner');
    await put('dependent', [owner(first)]);
    await remove('owner');
    const second = await put('owner');
    await put('late', [owner(first)]);
    await put('right', [owner(second)]);
    await left('owner', 'right');
  });

  test('an object whose owner never was, or is in another namespace, is deleted', async () => {
    const elsewhere = await put('elsewhere', [], [], 'default');
    await put('lost', [owner(elsewhere, { name: 'never', uid: 'no-such-uid' })]);
    await put('misled', [owner(elsewhere)]);
    await left();
    await client.delete(CONFIG_MAPS, { namespace: 'default', name: 'elsewhere' });
  });

  test('a cluster-wide owner is followed; what this server cannot follow holds the object', async () => {
    const spec = {
      clusterServiceBrokerName: 'b',
      externalName: 'e',
      externalID: 'i',
      description: 'd',
      bindable: true,
    };
    const aClass = {
      metadata: { name: namespace },
      spec: { ...spec, bindingRetrievable: false, planUpdatable: false },
    };
    const created = await client.create(CLASSES, aClass);
    const [here, pod] = [await put('here'), { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }];
    const misowned = { metadata: { name: `${namespace}-misowned`, ownerReferences: [owner(here)] }, spec: aClass.spec };
    await client.create(CLASSES, misowned);
    await put('of-class', [owner(created)]);
    await put('of-pod', [pod]);
    await remove('here');
    await client.delete(CLASSES, { name: namespace });
    await left('of-pod');
    await collectorHasPassed();
    expect(await names()).toEqual(['of-pod']);
    expect(await client.get(CLASSES, misowned.metadata)).toBeDefined();
  });

  test('whatever is owned by whatever else, what is left is what still has an owner or never had one', async () => {
    for (const seed of [1, 2]) {
      const random = new Random(seed);
      const objects: { object: ConfigMap; owners: string[] }[] = [];
      for (let n = 0; n < 16; n++) {
        const count = Math.min(objects.length, random.pick([0, 1, 1, 2, 3]));
        const owners = Array.from({ length: count }, () => random.pick(objects).object);
        const unique = [...new Map(owners.map((one) => [one.metadata.uid, one])).values()];
        const object = await put(
          `s${seed}-${String(n).padStart(2, '0')}`,
          unique.map((one) => owner(one)),
        );
        objects.push({ object, owners: unique.map(({ metadata }) => metadata.name ?? '') });
      }
      const dead = new Set<string>();
      for (let n = 0; n < 4; n++) dead.add(random.pick(objects).object.metadata.name ?? '');
      await Promise.all([...dead].map((name) => remove(name)));
      // Owners come before what they own, so one round decides.
      for (const { object, owners } of objects) {
        if (owners.length > 0 && owners.every((name) => dead.has(name))) dead.add(object.metadata.name ?? '');
      }
      const alive = objects.map(({ object }) => object.metadata.name ?? '').filter((name) => !dead.has(name));
      await left(...alive);
      await collectorHasPassed();
      expect({ seed, names: await names() }).toEqual({ seed, names: alive });
      await Promise.all(alive.map((name) => remove(name)));
      await left();
    }
  });
});

describe('foreground deletion', () => {
  test('the owner goes after the dependents that block it', async () => {
    const parent = await put('parent');
    await put('held', [owner(parent, { blockOwnerDeletion: true })], ['example.com/hold']);
    await put('free', [owner(parent, { blockOwnerDeletion: true })]);
    await remove('parent', 'Foreground');
    await left('held', 'parent');
    await collectorHasPassed();
    expect((await look('held'))?.metadata.deletionTimestamp).toBeDefined();
    expect((await look('parent'))?.metadata.finalizers).toEqual(['foregroundDeletion']);
    const patch = { type: 'merge', body: { metadata: { finalizers: null } } } as const;
    await client.patch(CONFIG_MAPS, { namespace, name: 'held' }, patch);
    await left();
  });

  test('the owner does not wait for dependents that do not block it', async () => {
    const parent = await put('parent');
    await put('held', [owner(parent)], ['example.com/hold']);
    await remove('parent', 'Foreground');
    await left('held');
    await client.patch(
      CONFIG_MAPS,
      { namespace, name: 'held' },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );
    await left();
  });

  test('goes down a chain, leaves first', async () => {
    const top = await put('top');
    const middle = await put('middle', [owner(top, { blockOwnerDeletion: true })]);
    await put('leaf', [owner(middle, { blockOwnerDeletion: true })], ['example.com/hold']);
    await remove('top', 'Foreground');
    await eventually('the leaf is to go', async () => (await look('leaf'))?.metadata.deletionTimestamp !== undefined, {
      timeoutMs: 20_000,
      everyMs: 20,
    });
    expect(await names()).toEqual(['leaf', 'middle', 'top']);
    await client.patch(
      CONFIG_MAPS,
      { namespace, name: 'leaf' },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );
    await left();
  });

  test('a circle of owners that wait for each other comes to an end', async () => {
    const one = await put('one');
    const two = await put('two', [owner(one, { blockOwnerDeletion: true })]);
    const ownerReferences = [owner(two, { blockOwnerDeletion: true })];
    await client.patch(
      CONFIG_MAPS,
      { namespace, name: 'one' },
      { type: 'merge', body: { metadata: { ownerReferences } } },
    );
    await remove('one', 'Foreground');
    await left();
  });
});

test('orphan deletion leaves the dependents, without the reference', async () => {
  const [parent, other] = [await put('parent'), await put('other')];
  await put('child', [owner(parent)]);
  await put('shared', [owner(other), owner(parent)]);
  await remove('parent', 'Orphan');
  await left('child', 'other', 'shared');
  await collectorHasPassed();
  expect((await look('child'))?.metadata.ownerReferences ?? []).toEqual([]);
  expect((await look('shared'))?.metadata.ownerReferences?.map(({ name }) => name)).toEqual(['other']);
});

describe('a collector of its own', () => {
  test('collects what lost its owner while none was running, with few requests among many objects', async () => {
    const bare = await startTestApiServer({ controllers: false });
    const requests: string[] = [];
    const everything = createKubeClient({ kubeconfig: bare.kubeconfig });
    const counted = createKubeClient({
      kubeconfig: bare.kubeconfig,
      onRequest: ({ method, status }) => requests.push(`${method} ${status}`),
    });
    const log = silentLogger();
    const metadata = new MetadataInformers({ client: counted, resources: [CONFIG_MAPS, SECRETS], log });
    const here = (name: string, owners: KubeObject[] = []): ConfigMap => ({
      metadata: { name, namespace: 'default', ownerReferences: owners.map((one) => owner(one)) },
    });
    const gone = await everything.create(CONFIG_MAPS, here('gone'));
    await everything.create(CONFIG_MAPS, here('left-behind', [gone]));
    await everything.delete(CONFIG_MAPS, { namespace: 'default', name: 'gone' });
    const stays = await everything.create(CONFIG_MAPS, here('stays'));
    for (let n = 0; n < 60; n++) await everything.create(CONFIG_MAPS, here(`many-${n}`, n % 2 === 0 ? [] : [stays]));

    metadata.start();
    const collector = startGarbageCollector({ client: counted, metadata, log });
    const exists = async (name: string): Promise<boolean> =>
      (await everything.get(CONFIG_MAPS, { namespace: 'default', name })) !== undefined;
    await eventually('it is collected', async () => !(await exists('left-behind')), { timeoutMs: 20_000, everyMs: 20 });
    // Two lists and two watches, then: is the owner gone, the object as it is, its deletion.
    expect(requests.filter((request) => !request.startsWith('DELETE'))).toHaveLength(6);
    expect(await exists('many-1')).toBe(true);
    await collector.stop();
    await metadata.stop();
    counted.close();
    everything.close();
    await bare.stop();
  });
});
