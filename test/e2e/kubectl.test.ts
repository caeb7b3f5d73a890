import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { census, queryMysql, queryPostgres } from '../support/census.ts';
import { Cluster } from '../support/cluster.ts';
import { describeWithKubectl, Kubectl } from '../support/kubectl.ts';
import { binding, instance, namespace } from '../support/manifests.ts';
import type { Stack } from '../support/shared-stack.ts';
import { sharedStack, tenantServers } from '../support/shared-stack.ts';
import { eventually } from '../support/wait.ts';

const NAMESPACE = 'kubectl-test';

describeWithKubectl('with plain kubectl', () => {
  let stack: Stack;
  let kubectl: Kubectl;
  let cluster: Cluster;
  beforeAll(async () => {
    stack = await sharedStack();
    kubectl = new Kubectl(stack.kubeconfig);
    cluster = new Cluster(kubectl, NAMESPACE);
    await kubectl.apply(namespace(NAMESPACE));
  });
  afterAll(async () => {
    await cluster.leave();
  });

  test('get shows the columns users know', async () => {
    const table = await kubectl.run(['-n', 'test-ns', 'get', 'serviceinstances']);
    expect(table).toMatch(/^NAME\s+CLASS\s+PLAN\s+STATUS\s+AGE\n/);
    expect(table).toMatch(/my-db-instance\s+ClusterServiceClass\/cloud-mysql\s+standard\s+Ready/);
    const bindings = await kubectl.run(['-n', 'test-ns', 'get', 'servicebindings']);
    expect(bindings).toMatch(/^NAME\s+SERVICE-INSTANCE\s+SECRET-NAME\s+STATUS\s+AGE\n/);
    expect(await kubectl.run(['get', 'clusterservicebrokers'])).toMatch(/^NAME\s+URL\s+STATUS\s+AGE\n/);
    expect(await kubectl.run(['get', 'clusterserviceclasses'])).toMatch(/^NAME\s+EXTERNAL-NAME\s+BROKER\s+AGE\n/);
    expect(await kubectl.run(['get', 'clusterserviceplans'])).toMatch(/^NAME\s+EXTERNAL-NAME\s+BROKER\s+CLASS\s+AGE\n/);
    expect(await kubectl.run(['-n', 'test-ns', 'get', 'svcat'])).toContain('serviceinstance.servicecatalog.k8s.io/');
  });

  test('explain documents every kind', async () => {
    expect(await kubectl.run(['explain', 'serviceinstance.spec.parametersFrom'])).toMatch(/DESCRIPTION:\s+\S+/);
    expect(await kubectl.run(['explain', 'servicebinding.spec', '--recursive'])).toContain('secretTransforms');
  });

  describe.each([
    ['cloud-postgresql', 'pg'],
    ['cloud-mysql', 'my'],
  ])('%s', (className, prefix) => {
    const name = `${prefix}-life`;
    let before: Awaited<ReturnType<typeof census>>;

    test('apply makes a database and credentials, and describe tells the story', async () => {
      before = await census(tenantServers(stack));
      await kubectl.apply(instance({ namespace: NAMESPACE, name, className, parameters: { storageGB: 2 } }));
      await kubectl.apply(binding({ namespace: NAMESPACE, name, instance: name }));
      await kubectl.run(['-n', NAMESPACE, 'wait', '--for=condition=Ready', `servicebinding/${name}`, '--timeout=60s']);
      const described = await kubectl.run(['-n', NAMESPACE, 'describe', 'serviceinstance', name]);
      expect(described).toMatch(/Events:[\s\S]*ProvisionedSuccessfully/);
      expect(await kubectl.run(['-n', NAMESPACE, 'describe', 'servicebinding', name])).toMatch(
        /Events:[\s\S]*InjectedBindResult/,
      );
      const after = await census(tenantServers(stack));
      expect(after.databases).toHaveLength(before.databases.length + 1);
      expect(after.logins).toHaveLength(before.logins.length + 1);
    });

    test('patch changes parameters, and the change is the one that is reported', async () => {
      await kubectl.run([
        '-n',
        NAMESPACE,
        'patch',
        'serviceinstance',
        name,
        '--type=merge',
        '-p',
        '{"spec":{"parameters":{"storageGB":3}}}',
      ]);
      await eventually('the new parameters are in force', async () => {
        const seen = await cluster.find('serviceinstance', name);
        return seen?.status?.externalProperties?.parameters?.['storageGB'] === 3;
      });
      await cluster.untilReady('serviceinstance', name);
    });

    test('a plan change arrives at the database server', async () => {
      const secret = await cluster.secret(name);
      const limit = async (): Promise<number> => {
        const server = tenantServers(stack).find(
          (one) => (one.engine === 'postgresql') === (className === 'cloud-postgresql'),
        )!;
        if (server.engine === 'postgresql') {
          const rows = await queryPostgres<{ n: number }>(
            server.url,
            'SELECT datconnlimit AS n FROM pg_database WHERE datname = $1',
            [secret!['database']],
          );
          return rows[0]!.n;
        }
        const rows = await queryMysql<never>(
          server.url,
          'SELECT max_user_connections AS n FROM mysql.user WHERE User = ?',
          [secret!['username']!],
        );
        return (rows[0] as unknown as { n: number }).n;
      };
      const small = await limit();
      await kubectl.run([
        '-n',
        NAMESPACE,
        'patch',
        'serviceinstance',
        name,
        '--type=merge',
        '-p',
        '{"spec":{"clusterServicePlanExternalName":"large"}}',
      ]);
      await eventually('the larger limit is in force', async () => (await limit()) > small);
      await eventually('the status shows the plan', async () => {
        const seen = await cluster.find('serviceinstance', name);
        return seen?.status?.externalProperties?.clusterServicePlanExternalName === 'large';
      });
      expect(await kubectl.run(['-n', NAMESPACE, 'get', 'serviceinstance', name])).toMatch(/large\s+Ready/);
    });

    test('after deletion database, roles, login and Secret are really gone', async () => {
      await kubectl.run(['-n', NAMESPACE, 'delete', 'servicebinding', name, '--timeout=60s']);
      expect(await cluster.secret(name)).toBeUndefined();
      await kubectl.run(['-n', NAMESPACE, 'delete', 'serviceinstance', name, '--timeout=60s']);
      expect(await census(tenantServers(stack))).toEqual(before);
    });
  });

  test('watch reports what happens', async () => {
    const watching = kubectl.until(/DELETED\s+watched/, [
      ...['-n', NAMESPACE, 'get', 'serviceinstances', '--watch', '--output-watch-events'],
    ]);
    await kubectl.apply(instance({ namespace: NAMESPACE, name: 'watched' }));
    await cluster.untilReady('serviceinstance', 'watched');
    await kubectl.run(['-n', NAMESPACE, 'delete', 'serviceinstance', 'watched', '--timeout=60s']);
    expect(await watching).toMatch(/ADDED\s+watched[\s\S]*MODIFIED\s+watched[\s\S]*DELETED\s+watched/);
  });
});
