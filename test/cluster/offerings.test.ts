import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Cluster } from '../support/cluster.ts';
import { FakeBroker } from '../support/fake-broker.ts';
import { aFakeCatalog } from '../support/fake-broker-world.ts';
import { describeWithKubectl, Kubectl } from '../support/kubectl.ts';
import { namespace } from '../support/manifests.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { eventually } from '../support/wait.ts';

const NAMESPACE = 'offerings-test';

interface Offering {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly externalName: string; readonly description?: string };
  readonly status?: { readonly removedFromBrokerCatalog?: boolean };
}

/** A catalog with two classes of one plan each, whose names and ids are in nobody else's way. */
function twoClasses(name: string): ReturnType<typeof aFakeCatalog> {
  const catalog = aFakeCatalog();
  const [service] = catalog.services;
  const of = (id: string): typeof catalog.services => [
    { ...service!, id, name: id, plans: [{ ...service!.plans[0]!, id: `${id}-plan`, name: 'only' }] },
  ];
  return { ...catalog, services: [...of(`${name}-kept`), ...of(`${name}-passing`)] };
}

describeWithKubectl('what a broker offers', () => {
  let kubectl: Kubectl;
  let cluster: Cluster;
  beforeAll(async () => {
    kubectl = new Kubectl((await sharedStack()).kubeconfig);
    cluster = new Cluster(kubectl, NAMESPACE);
    await kubectl.apply(namespace(NAMESPACE));
  });
  afterAll(async () => {
    await cluster.leave();
  });

  describe.each([
    ['ClusterServiceBroker', 'clusterService', {}],
    ['ServiceBroker', 'service', { namespace: NAMESPACE }],
  ])('registered as %s', (kind, field, place) => {
    const prefix = field.toLowerCase();
    const name = `${prefix}-offers`;
    let broker: FakeBroker;
    const offers = async (plural: 'classes' | 'plans'): Promise<Offering[]> => {
      const { items } = await kubectl.json<{ items: Offering[] }>(['-n', NAMESPACE, 'get', `${prefix}${plural}`]);
      return items.filter(({ metadata }) => metadata.name.startsWith(name));
    };
    const relist = async (requests: number): Promise<void> => {
      const patch = JSON.stringify({ spec: { relistRequests: requests } });
      await kubectl.run(['-n', NAMESPACE, 'patch', kind, name, '--type=merge', '-p', patch]);
    };
    beforeAll(async () => {
      broker = await new FakeBroker({ catalog: twoClasses(name) }).start();
    });
    afterAll(async () => {
      await broker.stop();
    });

    test('is published, and can be ordered', async () => {
      const object = {
        apiVersion: 'servicecatalog.k8s.io/v1beta1',
        kind,
        metadata: { name, ...place },
        spec: { url: broker.url },
      };
      await kubectl.apply(JSON.stringify(object));
      await cluster.untilReady(kind, name);
      expect((await offers('classes')).map(({ spec }) => spec.externalName)).toEqual([
        `${name}-kept`,
        `${name}-passing`,
      ]);
      const instance = {
        apiVersion: 'servicecatalog.k8s.io/v1beta1',
        kind: 'ServiceInstance',
        metadata: { namespace: NAMESPACE, name },
        spec: { [`${field}ClassExternalName`]: `${name}-kept`, [`${field}PlanExternalName`]: 'only' },
      };
      await kubectl.apply(JSON.stringify(instance));
      await cluster.untilReady('serviceinstance', name);
      expect(broker.world.instances.size).toBe(1);
    });

    test('follows the catalog: changed, and taken out of it', async () => {
      const [kept] = broker.catalog.services;
      const plans = kept!.plans.map((plan) => ({ ...plan, description: 'A better one.' }));
      // The class that is ordered stays known for as long as it is; the plan of the other goes with its class.
      broker.catalog = { ...broker.catalog, services: [{ ...kept!, description: 'Better now.', plans }] };
      await relist(1);
      await eventually('the class says what the catalog says', async () => {
        const [first, ...more] = await offers('classes');
        return first?.spec.description === 'Better now.' && more.length === 0;
      });
      expect((await offers('plans')).map(({ spec }) => spec.description)).toEqual(['A better one.']);
      broker.catalog = { ...broker.catalog, services: [] };
      await relist(2);
      await eventually('the class in use is marked', async () => {
        return (await offers('classes'))[0]?.status?.removedFromBrokerCatalog === true;
      });
    });

    test('goes with its broker, once nothing is ordered any more', async () => {
      await kubectl.run(['-n', NAMESPACE, 'delete', 'serviceinstance', name, '--timeout=60s']);
      await kubectl.run(['-n', NAMESPACE, 'delete', kind, name, '--timeout=60s']);
      expect(await offers('classes')).toEqual([]);
      expect(await offers('plans')).toEqual([]);
      expect(broker.world.instances.size).toBe(0);
    });
  });
});
