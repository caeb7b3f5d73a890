import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Cluster } from '../support/cluster.ts';
import { FakeBroker } from '../support/fake-broker.ts';
import { aFakeCatalog } from '../support/fake-broker-world.ts';
import { describeWithKubectl, Kubectl } from '../support/kubectl.ts';
import { binding, clusterBroker, instance, namespace } from '../support/manifests.ts';
import { sharedStack } from '../support/shared-stack.ts';

const NAMESPACE = 'order-test';

/** What is deleted, without waiting, and in which order. */
const orders = [
  ['broker', 'instance', 'binding', 'namespace'],
  ['namespace', 'broker'],
  ['instance', 'broker', 'namespace'],
  ['broker', 'namespace'],
  ['binding', 'namespace', 'instance', 'broker'],
];

describeWithKubectl('a broker, an instance and a binding', () => {
  let kubectl: Kubectl;
  let cluster: Cluster;
  let broker: FakeBroker;
  beforeAll(async () => {
    kubectl = new Kubectl((await sharedStack()).kubeconfig);
    cluster = new Cluster(kubectl, NAMESPACE);
  });
  beforeEach(async () => {
    const catalog = aFakeCatalog();
    const [service] = catalog.services;
    catalog.services = [
      {
        ...service!,
        id: 'order-id',
        name: 'order',
        plans: [{ ...service!.plans[0]!, id: 'order-plan', name: 'only' }],
      },
    ];
    broker = await new FakeBroker({ catalog }).start();
    await kubectl.apply(namespace(NAMESPACE));
    await kubectl.apply(clusterBroker('order', broker.url));
    await kubectl.apply(instance({ namespace: NAMESPACE, name: 'db', className: 'order', plan: 'only' }));
    await kubectl.apply(binding({ namespace: NAMESPACE, name: 'db', instance: 'db' }));
    await cluster.untilReady('servicebinding', 'db');
  });

  test.each(orders.map((order) => [order.join(', '), order] as const))(
    'deleted in the order %s leave nothing behind',
    async (_name, order) => {
      const targets: Record<string, string[]> = {
        broker: ['delete', 'clusterservicebroker', 'order', '--wait=false'],
        namespace: ['delete', 'namespace', NAMESPACE, '--wait=false'],
        instance: ['-n', NAMESPACE, 'delete', 'serviceinstance', 'db', '--wait=false', '--ignore-not-found'],
        binding: ['-n', NAMESPACE, 'delete', 'servicebinding', 'db', '--wait=false', '--ignore-not-found'],
      };
      for (const what of order) await kubectl.run(targets[what]!);
      if (!order.includes('binding') && !order.includes('namespace')) await kubectl.run(targets['binding']!);
      await cluster.untilGone('serviceinstance', 'db');
      await cluster.untilGone('clusterservicebroker', 'order');
      await kubectl.run(['wait', '--for=delete', `namespace/${NAMESPACE}`, '--timeout=60s']);
      expect(broker.world.instances.size).toBe(0);
      expect(broker.world.bindings.size).toBe(0);
      await broker.stop();
    },
  );

  test('a broker that is deleted first says what it waits for', async () => {
    await kubectl.run(['delete', 'clusterservicebroker', 'order', '--wait=false']);
    const seen = await cluster.untilCondition('clusterservicebroker', 'order', 'Ready', (one) =>
      /instance/i.test(one.message),
    );
    expect(seen.metadata.finalizers).not.toHaveLength(0);
    await kubectl.run(['-n', NAMESPACE, 'delete', 'servicebinding/db', 'serviceinstance/db', '--timeout=60s']);
    await cluster.untilGone('clusterservicebroker', 'order');
    await kubectl.run(['delete', 'namespace', NAMESPACE, '--timeout=60s']);
    await broker.stop();
  });
});
