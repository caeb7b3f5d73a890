import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Admission } from '../../../catalog-apiserver/registry/context.ts';
import { createKubeClient } from '../../../lib/kube/api-client.ts';
import type { KubeClient } from '../../../lib/kube/client.ts';
import { CONFIG_MAPS, EVENTS, LEASES, NAMESPACES, SECRETS } from '../../../lib/kube/core-resources.ts';
import type { Namespace } from '../../../lib/kube/core-resources.ts';
import type { KubeObject, Resource } from '../../../lib/kube/objects.ts';
import { startTestApiServer } from '../../support/api-server.ts';
import type { TestApiServer } from '../../support/api-server.ts';
import { eventually } from '../../support/wait.ts';

const INSTANCES: Resource = {
  group: 'servicecatalog.k8s.io',
  version: 'v1beta1',
  kind: 'ServiceInstance',
  plural: 'serviceinstances',
  namespaced: true,
};

jest.setTimeout(60_000);

let server: TestApiServer;
let client: KubeClient;

beforeAll(async () => {
  server = await startTestApiServer({ admission: letPass });
  client = createKubeClient({ kubeconfig: server.kubeconfig });
});

afterAll(async () => {
  client.close();
  await server.stop();
});

/** These tests are about objects of any kind, not about what the kinds mean. */
const letPass: Admission = async ({ object }) => ({ allowed: true, ...(object === undefined ? {} : { object }) });
const look = (name: string): Promise<Namespace | undefined> => client.get(NAMESPACES, { name });

async function gone(name: string): Promise<void> {
  await eventually(`${name} is gone`, async () => (await look(name)) === undefined, {
    timeoutMs: 20_000,
    everyMs: 20,
    describe: async () => (await look(name))?.status,
  });
}

test('a namespace goes with everything in it, and comes back empty', async () => {
  await client.create(NAMESPACES, { metadata: { name: 'full' } });
  for (let n = 0; n < 20; n++) await client.create(SECRETS, { metadata: { namespace: 'full', name: `s${n}` } });
  await client.create(CONFIG_MAPS, { metadata: { namespace: 'full', name: 'c' } });
  await client.create(LEASES, { metadata: { namespace: 'full', name: 'l' }, spec: {} });
  const involvedObject = { kind: 'Secret', namespace: 'full', name: 's1' };
  await client.create(EVENTS, {
    metadata: { namespace: 'full', name: 'e' },
    involvedObject,
    reason: 'R',
    message: 'm',
  });
  await client.delete(NAMESPACES, { name: 'full' });
  await gone('full');
  await client.create(NAMESPACES, { metadata: { name: 'full' } });
  for (const resource of [SECRETS, CONFIG_MAPS, LEASES, EVENTS]) {
    expect((await client.list(resource, { namespace: 'full' })).items).toEqual([]);
  }
});

test('what a finalizer holds is named in the conditions, and Secrets outlive what may need them', async () => {
  const namespace = 'held';
  await client.create(NAMESPACES, { metadata: { name: namespace } });
  await client.create(SECRETS, { metadata: { namespace, name: 'broker-password' } });
  const spec = { clusterServiceClassExternalName: 'c', clusterServicePlanExternalName: 'p' };
  const finalizers = ['kubernetes-incubator/service-catalog'];
  for (const name of ['one', 'two']) {
    await client.create(INSTANCES, { metadata: { namespace, name, finalizers }, spec } as KubeObject);
  }
  await client.delete(NAMESPACES, { name: namespace });
  const conditions = await eventually(
    'the conditions say what remains',
    async () => {
      const { status } = (await look(namespace)) ?? {};
      return status?.phase === 'Terminating' ? status.conditions : undefined;
    },
    { timeoutMs: 20_000, everyMs: 20 },
  );
  expect(conditions).toEqual([
    expect.objectContaining({ type: 'NamespaceDeletionContentFailure', status: 'False' }),
    expect.objectContaining({
      type: 'NamespaceContentRemaining',
      status: 'True',
      message: 'Some resources are remaining: serviceinstances.servicecatalog.k8s.io has 2 resource instances',
    }),
    expect.objectContaining({
      type: 'NamespaceFinalizersRemaining',
      message:
        'Some content in the namespace has finalizers remaining: kubernetes-incubator/service-catalog in 2 resource instances',
    }),
  ]);
  expect(await client.get(SECRETS, { namespace, name: 'broker-password' })).toBeDefined();
  await expect(client.create(SECRETS, { metadata: { namespace, name: 'late' } })).rejects.toMatchObject({
    status: 403,
    reason: 'Forbidden',
  });
  for (const name of ['one', 'two']) {
    const held = await client.get(INSTANCES, { namespace, name });
    expect(held?.metadata.deletionTimestamp).toBeDefined();
    await client.patch(INSTANCES, { namespace, name }, { type: 'merge', body: { metadata: { finalizers: null } } });
  }
  await gone(namespace);
});

test('a finalizer of somebody else keeps the empty namespace until it is taken off', async () => {
  await client.create(NAMESPACES, { metadata: { name: 'foreign', finalizers: ['example.com/other'] } });
  await client.delete(NAMESPACES, { name: 'foreign' });
  await eventually('it is emptied', async () => ((await look('foreign'))?.spec?.finalizers ?? []).length === 0, {
    timeoutMs: 20_000,
    everyMs: 20,
  });
  expect((await look('foreign'))?.metadata.finalizers).toEqual(['example.com/other']);
  await client.patch(NAMESPACES, { name: 'foreign' }, { type: 'merge', body: { metadata: { finalizers: null } } });
  await gone('foreign');
});
