import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { conditionOf } from '../support/cluster.ts';
import { accountUser, readAudit } from '../support/cluster-leg/audit.ts';
import { Orders } from '../support/cluster-leg/order.ts';
import { clusterState, NAMESPACE as RELEASE_NAMESPACE, WEBHOOK_ACCOUNT } from '../support/cluster-leg/state.ts';
import { describeWithKubectl, Kubectl } from '../support/kubectl.ts';
import { tokenKubeconfig } from '../support/kubernetes/service-account.ts';
import { clusterBroker, instance } from '../support/manifests.ts';
import { eventually } from '../support/wait.ts';

const NAMESPACE = 'tenant-test';
const TENANT = 'tenant';

describe('the rights of the chart', () => {
  test.each(['verbs', 'resources', 'apiGroups', 'nonResourceURLs'] as const)('have no wildcard in %s', (field) => {
    const rules = clusterState().access.flatMap((object) => (object.rules ?? []).map((rule) => rule[field] ?? []));
    expect(rules.length).toBeGreaterThan(5);
    expect(rules.flat().filter((entry) => entry.includes('*'))).toEqual([]);
  });
});

describeWithKubectl('a ServiceAccount that may edit its namespace and register brokers, but read no Secret', () => {
  let folder: string;
  let orders: Orders;
  let tenant: Kubectl;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'service-catalog-tenant-'));
    orders = await Orders.in(NAMESPACE);
    const { kubectl } = orders;
    const state = clusterState();
    await kubectl.run(['-n', NAMESPACE, 'create', 'serviceaccount', TENANT]);
    await kubectl.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: rightsOfTheTenant() }));
    const token = (await kubectl.run(['-n', NAMESPACE, 'create', 'token', TENANT])).trim();
    const [tokenFile, kubeconfig] = [join(folder, 'token'), join(folder, 'kubeconfig')];
    await writeFile(tokenFile, token, { mode: 0o600 });
    await writeFile(kubeconfig, tokenKubeconfig({ url: state.url, ca: state.authority }, NAMESPACE, tokenFile));
    tenant = new Kubectl(kubeconfig);
  });
  afterAll(async () => {
    await orders.kubectl.run(['delete', 'clusterrole,clusterrolebinding', 'tenant-test', '--ignore-not-found']);
    await orders.cluster.leave();
    await rm(folder, { recursive: true, force: true });
  });

  test('may order, and sees nobody’s Secrets', async () => {
    await tenant.apply(instance({ namespace: NAMESPACE, name: 'mine' }));
    await orders.cluster.untilReady('serviceinstance', 'mine');
    const ended = await tenant.try(['-n', RELEASE_NAMESPACE, 'get', 'secret', 'database-broker-auth']);
    expect(ended.stderr).toContain('Forbidden');
  });

  test.each([
    ['clusterServiceClassRef', 'clusterserviceclasses'],
    ['clusterServicePlanRef', 'clusterserviceplans'],
    ['serviceClassRef', 'serviceclasses'],
    ['servicePlanRef', 'serviceplans'],
  ])('leads no order elsewhere by %s; what admission has no copy of it looks up', async (field, plural) => {
    const body = JSON.stringify({ spec: { [field]: { name: 'not-there' } } });
    const refused = await tenant.try(['-n', NAMESPACE, 'patch', 'serviceinstance', 'mine', '--type=merge', '-p', body]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(`spec.${field}: is set by the controller`);
    await eventually('the audit log to show that it was looked up', async () =>
      (await readAudit(clusterState().auditLog)).some(
        ({ user, verb, objectRef }) =>
          user.username === accountUser(RELEASE_NAMESPACE, WEBHOOK_ACCOUNT) &&
          verb === 'get' &&
          objectRef?.resource === plural &&
          objectRef.name === 'not-there',
      ),
    );
  });

  test('has no controller send the broker’s password to an address of its own', async () => {
    const stolen = { basic: { secretRef: { namespace: RELEASE_NAMESPACE, name: 'database-broker-auth' } } };
    const ended = await tenant.try(
      ['create', '-f', '-'],
      clusterBroker('thief', 'http://127.0.0.1:9', { authInfo: stolen }),
    );
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toMatch(/database-broker-auth/);
    expect((await orders.kubectl.try(['get', 'clusterservicebroker', 'thief'])).stderr).toContain('NotFound');
  });

  test('gets no Secret of another namespace into its parameters', async () => {
    const object = JSON.parse(instance({ namespace: NAMESPACE, name: 'curious' })) as { spec: Record<string, unknown> };
    const secretKeyRef = { namespace: RELEASE_NAMESPACE, name: 'database-broker-auth', key: 'password' };
    object.spec['parametersFrom'] = [{ secretKeyRef }];
    // The kind has no such field: what is looked for is a Secret of that name beside the instance.
    await tenant.run(['create', '--validate=ignore', '-f', '-'], JSON.stringify(object));
    const seen = await orders.cluster.untilReason('serviceinstance', 'curious', 'ErrorWithParameters');
    expect(conditionOf(seen, 'Ready').message).toContain('database-broker-auth');
    await tenant.run(['-n', NAMESPACE, 'delete', 'serviceinstance', 'curious', '--timeout=60s']);
  });

  test('gets no keys of another namespace’s Secret into its own', async () => {
    const secretRef = { namespace: RELEASE_NAMESPACE, name: 'database-broker-auth' };
    const secretTransforms = [{ addKeysFrom: { secretRef } }];
    const refused = await tenant.try(['create', '-f', '-'], bindingOf('mine', { secretTransforms }));
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/database-broker-auth/);
    expect(await orders.cluster.find('servicebinding', 'mine')).toBeUndefined();
  });

  test('does not have a binding write into a Secret that is there', async () => {
    await orders.kubectl.run(['-n', NAMESPACE, 'create', 'secret', 'generic', 'locked', '--from-literal=key=theirs']);
    await tenant.apply(bindingOf('mine', { secretName: 'locked' }));
    await orders.cluster.untilReason('servicebinding', 'mine', 'ErrorInjectingBindResult');
    expect(await orders.cluster.secret('locked')).toEqual({ key: 'theirs' });
  });
});

/** A binding of the instance `mine`. */
const bindingOf = (name: string, spec: Record<string, unknown>): string =>
  JSON.stringify({
    apiVersion: 'servicecatalog.k8s.io/v1beta1',
    kind: 'ServiceBinding',
    metadata: { namespace: NAMESPACE, name },
    spec: { instanceRef: { name: 'mine' }, ...spec },
  });

/** What an administrator might give a team that registers brokers: everything of the catalog, no Secret. */
function rightsOfTheTenant(): unknown[] {
  const subjects = [{ kind: 'ServiceAccount', namespace: NAMESPACE, name: TENANT }];
  const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'tenant-test' };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: 'tenant-test' };
  const resources = ['clusterservicebrokers', 'servicebrokers', 'serviceinstances', 'servicebindings'];
  const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
  return [
    { apiVersion, kind: 'ClusterRole', metadata, rules: [{ apiGroups: ['servicecatalog.k8s.io'], resources, verbs }] },
    { apiVersion, kind: 'ClusterRoleBinding', metadata, roleRef: role, subjects },
  ];
}
