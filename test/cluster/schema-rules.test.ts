import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Orders } from '../support/cluster-leg/order.ts';
import { clusterState } from '../support/cluster-leg/state.ts';
import { describeWithKubectl } from '../support/kubectl.ts';
import { isOlder, RULES_SINCE } from '../support/kubernetes/release.ts';
import { binding, instance } from '../support/manifests.ts';
import { eventually } from '../support/wait.ts';

const NAMESPACE = 'schema-test';
const CONFIGURATIONS = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'];

interface Stored {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
}

describeWithKubectl('the schemas of the kinds, with no webhook before them', () => {
  let orders: Orders;
  let webhooks: string;
  beforeAll(async () => {
    orders = await Orders.in(NAMESPACE);
    await orders.kubectl.apply(instance({ namespace: NAMESPACE, name: 'db' }));
    await orders.kubectl.apply(binding({ namespace: NAMESPACE, name: 'db', instance: 'db' }));
    await orders.untilDelivered('db');
    webhooks = await orders.kubectl.run(['get', CONFIGURATIONS.join(','), '-o', 'json']);
    await orders.kubectl.run(['delete', ...CONFIGURATIONS.map((kind) => `${kind}/service-catalog-webhook`)]);
    // The API server hears of it a moment later.
    await eventually('no webhook is asked any more', async () => {
      const dry = await orders.kubectl.try(['apply', '--dry-run=server', '-f', '-'], unknownParameter());
      return dry.code === 0;
    });
  });
  afterAll(async () => {
    // As they were, without what belongs to the objects that are gone.
    const { items } = JSON.parse(webhooks) as { items: Stored[] };
    const objects = items.map(({ metadata: { name, labels }, ...rest }) => ({ ...rest, metadata: { name, labels } }));
    await orders.kubectl.run(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    await eventually('the webhook is asked again', async () => {
      const dry = await orders.kubectl.try(['apply', '--dry-run=server', '-f', '-'], unknownParameter());
      return dry.code !== 0;
    });
    await orders.cluster.leave();
  });
  /** Only admission knows what a plan takes. */
  const unknownParameter = (): string =>
    instance({ namespace: NAMESPACE, name: 'probe', parameters: { colour: 'red' } });
  const patch = (kind: string, spec: Record<string, unknown>) =>
    orders.kubectl.try(['-n', NAMESPACE, 'patch', kind, 'db', '--type=merge', '-p', JSON.stringify({ spec })]);
  const create = (spec: Record<string, unknown>) =>
    orders.kubectl.try(
      ['create', '-f', '-'],
      JSON.stringify({
        apiVersion: 'servicecatalog.k8s.io/v1beta1',
        kind: 'ServiceInstance',
        metadata: { namespace: NAMESPACE, name: 'refused' },
        spec,
      }),
    );

  test('refuse an instance with two ways to name its plan, or none', async () => {
    const plan = { clusterServiceClassExternalName: 'cloud-postgresql', clusterServicePlanExternalName: 'small' };
    expect((await create({ ...plan, servicePlanExternalName: 'small' })).stderr).toMatch(/spec/);
    expect((await create({ ...plan, clusterServicePlanName: 'x' })).stderr).toMatch(/spec/);
    expect((await create({ parameters: {} })).stderr).toMatch(/spec/);
  });

  const rules = isOlder(clusterState().version, RULES_SINCE) ? describe.skip : describe;
  rules(`rules about changes (NOT RUN before Kubernetes ${RULES_SINCE})`, () => {
    test('a binding keeps its instance and its parameters', async () => {
      expect((await patch('servicebinding', { instanceRef: { name: 'another' } })).stderr).toMatch(/Invalid value/);
      expect((await patch('servicebinding', { parameters: { access: 'readonly' } })).stderr).toMatch(/Invalid value/);
    });

    test('an instance keeps its class, and its count of updates does not go down', async () => {
      expect((await patch('serviceinstance', { clusterServiceClassExternalName: 'cloud-mysql' })).stderr).toMatch(
        /Invalid value/,
      );
      expect((await patch('serviceinstance', { updateRequests: 2 })).code).toBe(0);
      expect((await patch('serviceinstance', { updateRequests: 1 })).stderr).toMatch(/may not be lowered/);
    });
  });
});
