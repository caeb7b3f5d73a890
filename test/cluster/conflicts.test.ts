import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accountUser, readAudit } from '../support/cluster-leg/audit.ts';
import { clusterState, CONTROLLER_ACCOUNT, NAMESPACE as RELEASE_NAMESPACE } from '../support/cluster-leg/state.ts';
import { Cluster } from '../support/cluster.ts';
import { FakeBroker } from '../support/fake-broker.ts';
import type { FakeRoute } from '../support/fake-broker.ts';
import { aFakeCatalog } from '../support/fake-broker-world.ts';
import { describeWithKubectl, Kubectl } from '../support/kubectl.ts';
import { namespace } from '../support/manifests.ts';
import { sharedStack } from '../support/shared-stack.ts';
import { eventually } from '../support/wait.ts';

const NAMESPACE = 'conflicts-test';
const CONTROLLER = accountUser(RELEASE_NAMESPACE, CONTROLLER_ACCOUNT);
const PLURALS = {
  ClusterServiceBroker: 'clusterservicebrokers',
  ServiceBroker: 'servicebrokers',
  ServiceInstance: 'serviceinstances',
  ServiceBinding: 'servicebindings',
} as const;
type Kind = keyof typeof PLURALS;

/** In the order in which one needs the other; the call to the broker that each waits for, and what it says. */
const ORDERS: [Kind, name: string, FakeRoute, spec: (url: string) => object][] = [
  ['ClusterServiceBroker', 'conflicts', 'GetCatalog', (url) => ({ url })],
  ['ServiceBroker', 'conflicts', 'GetCatalog', (url) => ({ url })],
  [
    'ServiceInstance',
    'db',
    'ProvisionInstance',
    () => ({ serviceClassExternalName: 'conflicts', servicePlanExternalName: 'only' }),
  ],
  ['ServiceBinding', 'app', 'Bind', () => ({ instanceRef: { name: 'db' } })],
];

describeWithKubectl('an object that is changed while its broker is asked', () => {
  let kubectl: Kubectl;
  let cluster: Cluster;
  const brokers = new Map<Kind, FakeBroker>();
  const startBroker = (prefix: string): Promise<FakeBroker> => {
    const plans = [{ id: `${prefix}-plan`, name: 'only', description: 'A plan.' }];
    const service = { id: `${prefix}-service`, name: prefix, plans };
    return new FakeBroker({ catalog: aFakeCatalog(service) }).start();
  };
  beforeAll(async () => {
    kubectl = new Kubectl((await sharedStack()).kubeconfig);
    cluster = new Cluster(kubectl, NAMESPACE);
    await kubectl.apply(namespace(NAMESPACE));
    brokers.set('ClusterServiceBroker', await startBroker('cluster-conflicts'));
    brokers.set('ServiceBroker', await startBroker('conflicts'));
  });
  afterAll(async () => {
    await cluster.leave();
    await kubectl.run(['delete', 'clusterservicebroker', 'conflicts', '--ignore-not-found', '--timeout=60s']);
    for (const broker of brokers.values()) await broker.stop();
  });

  test.each(ORDERS)('is read again and gets its status: %s', async (kind, name, route, specFor) => {
    const broker = brokers.get(kind) ?? brokers.get('ServiceBroker')!;
    const gate = Promise.withResolvers<undefined>();
    const asked = broker.requestsTo(route).length;
    broker.next(route, { kind: 'late', until: gate.promise });
    const place = kind === 'ClusterServiceBroker' ? {} : { namespace: NAMESPACE };
    const apiVersion = 'servicecatalog.k8s.io/v1beta1';
    await kubectl.apply(JSON.stringify({ apiVersion, kind, metadata: { name, ...place }, spec: specFor(broker.url) }));
    await eventually('the broker to be asked', () => broker.requestsTo(route).length > asked);
    await kubectl.run(['-n', NAMESPACE, 'annotate', kind, name, 'example.com/note=changed-meanwhile']);
    gate.resolve(undefined);
    await cluster.untilReady(kind, name);
    expect(await kubectl.run(['-n', NAMESPACE, 'get', kind, name, '-o', 'yaml'])).toContain('changed-meanwhile');
    await eventually('the audit log to show that it was read', async () =>
      (await readAudit(clusterState().auditLog)).some(
        ({ user, verb, objectRef }) =>
          user.username === CONTROLLER &&
          verb === 'get' &&
          objectRef?.resource === PLURALS[kind] &&
          objectRef.name === name,
      ),
    );
    expect(broker.requestsTo(route)).toHaveLength(asked + 1);
  });
});
