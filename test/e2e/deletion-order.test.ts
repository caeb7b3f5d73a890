import { beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster } from '../support/cluster.ts';
import { FakeBroker } from '../support/fake-broker.ts';
import { aFakeCatalog } from '../support/fake-broker-world.ts';
import { describeWithKubectl, Kubectl } from '../support/kubectl.ts';
import { binding, clusterBroker, instance, namespace } from '../support/manifests.ts';
import { sharedStack } from '../support/shared-stack.ts';

/** What is deleted, without waiting, and in which order. */
const orders = [
  ['broker', 'instance', 'binding', 'namespace'],
  ['namespace', 'broker'],
  ['instance', 'broker', 'namespace'],
  ['broker', 'namespace'],
  ['binding', 'namespace', 'instance', 'broker'],
];

/** A broker of its own and a namespace, with a binding `db` of an instance `db` that are Ready. All bear one name. */
class Scene {
  readonly name: string;
  readonly kubectl: Kubectl;
  readonly cluster: Cluster;
  readonly broker: FakeBroker;

  private constructor(name: string, kubectl: Kubectl) {
    this.name = name;
    this.kubectl = kubectl;
    this.cluster = new Cluster(kubectl, name);
    const catalog = aFakeCatalog();
    const [service] = catalog.services;
    const plans = [{ ...service!.plans[0]!, id: `${name}-plan`, name: 'only' }];
    catalog.services = [{ ...service!, id: `${name}-id`, name, plans }];
    this.broker = new FakeBroker({ catalog });
  }

  static async set(name: string): Promise<Scene> {
    const scene = new Scene(name, new Kubectl((await sharedStack()).kubeconfig));
    const { kubectl, broker } = scene;
    await broker.start();
    await kubectl.apply(namespace(name));
    await kubectl.apply(clusterBroker(name, broker.url));
    await kubectl.apply(instance({ namespace: name, name: 'db', className: name, plan: 'only' }));
    await kubectl.apply(binding({ namespace: name, name: 'db', instance: 'db' }));
    await scene.cluster.untilReady('servicebinding', 'db');
    return scene;
  }

  /** Deletes in this order and waits until there is nothing left of it in the cluster. */
  async delete(order: readonly string[]): Promise<void> {
    const { name, kubectl, cluster } = this;
    const targets: Record<string, string[]> = {
      broker: ['delete', 'clusterservicebroker', name, '--wait=false'],
      namespace: ['delete', 'namespace', name, '--wait=false'],
      instance: ['-n', name, 'delete', 'serviceinstance', 'db', '--wait=false', '--ignore-not-found'],
      binding: ['-n', name, 'delete', 'servicebinding', 'db', '--wait=false', '--ignore-not-found'],
    };
    for (const what of order) await kubectl.run(targets[what]!);
    if (!order.includes('binding') && !order.includes('namespace')) await kubectl.run(targets['binding']!);
    await cluster.untilGone('serviceinstance', 'db');
    await cluster.untilGone('clusterservicebroker', name);
    await kubectl.run(['wait', '--for=delete', `namespace/${name}`, '--timeout=60s']);
  }
}

describeWithKubectl('a broker, an instance and a binding', () => {
  describe('deleted', () => {
    /** All at once: Kubernetes takes its time before it looks at a namespace that is to be deleted, and again. */
    const scenes: Promise<Scene>[] = [];
    beforeAll(() => {
      for (const [index, order] of orders.entries()) {
        const scene = Scene.set(`order-${index + 1}`).then(async (set) => {
          await set.delete(order);
          return set;
        });
        // Told by its own test.
        scene.catch(() => undefined);
        scenes.push(scene);
      }
    });

    test.each(orders.map((order, index) => [order.join(', '), index] as const))(
      'in the order %s leave nothing behind',
      async (_name, index) => {
        const { broker } = await scenes[index]!;
        expect(broker.world.instances.size).toBe(0);
        expect(broker.world.bindings.size).toBe(0);
        await broker.stop();
      },
    );
  });

  test('a broker that is deleted first says what it waits for', async () => {
    const { kubectl, cluster, broker, name } = await Scene.set('order-message');
    await kubectl.run(['delete', 'clusterservicebroker', name, '--wait=false']);
    const seen = await cluster.untilCondition('clusterservicebroker', name, 'Ready', (one) =>
      /instance/i.test(one.message),
    );
    expect(seen.metadata.finalizers).not.toHaveLength(0);
    await kubectl.run(['-n', name, 'delete', 'servicebinding/db', 'serviceinstance/db', '--timeout=60s']);
    await cluster.untilGone('clusterservicebroker', name);
    await cluster.leave();
    await broker.stop();
  });
});
