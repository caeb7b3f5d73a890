import { afterAll, beforeAll, expect } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { census } from '../support/census.ts';
import { Cluster } from '../support/cluster.ts';
import { binding, instance } from '../support/manifests.ts';
import { CONFINED, confinementOf } from '../support/node/confinement.ts';
import { startNodeCluster } from '../support/node/cluster.ts';
import type { NodeCluster } from '../support/node/cluster.ts';
import { DemoApp } from '../support/node/demo-app.ts';
import { EVALUATION_SERVERS, EVALUATION_VALUES, evaluationServers } from '../support/node/evaluation.ts';
import { Pods } from '../support/node/pods.ts';
import { writeUntil } from '../support/node/refusals.ts';
import { Releases } from '../support/node/releases.ts';
import { SecretWatch } from '../support/node/secret-watch.ts';
import { describeOnNode } from '../support/node/setup.ts';
import { story } from '../support/story.ts';
import { eventually } from '../support/wait.ts';

const CHECKOUT = join(import.meta.dirname, '../..');
const QUICKSTART = ['my-db-binding', 'my-pg-binding'];
const PROGRAMS = ['controller', 'webhook', 'broker'];

describeOnNode('both charts on a node, from their installation to the end of the last database', () => {
  let node: NodeCluster;
  let stop = (): Promise<void> => Promise.resolve();
  let releases: Releases;
  let system: Cluster;
  let tenant: Cluster;
  let pods: Pods;
  let app: DemoApp;
  let secrets: SecretWatch;

  const step = story(() => node.describe());

  beforeAll(async () => {
    node = await startNodeCluster();
    stop = () => node.stop();
    const { kubectl, controlPlane } = node;
    system = new Cluster(kubectl, 'service-catalog');
    tenant = new Cluster(kubectl, 'test-ns');
    releases = new Releases(controlPlane.adminKubeconfig, system.namespace);
    pods = new Pods(kubectl, system.namespace);
    app = new DemoApp(tenant);
    secrets = new SecretWatch(kubectl, [system.namespace, tenant.namespace]);
    for (const server of EVALUATION_SERVERS) await node.addVolume(server);
  });

  afterAll(async () => {
    await stop();
  });

  const installAll = async (catalogValues: object = {}, brokerValues: object = {}): Promise<void> => {
    await releases.install('service-catalog', catalogValues);
    const values = { replicas: 2, evaluation: EVALUATION_VALUES, ...brokerValues };
    await releases.install('database-broker', values, 'evaluation.yaml');
  };

  const leader = async (): Promise<string> => {
    const name = 'lease/service-catalog-controller-manager';
    const lease = await node.kubectl.json<{ spec: { holderIdentity: string } }>([
      ...['--namespace', system.namespace, 'get', name],
    ]);
    // HOSTNAME-PID; a pod's name is its hostname, and its program the first process.
    return lease.spec.holderIdentity.replace(/-1$/, '');
  };

  step('helm installs both, and every pod becomes ready', async () => {
    await installAll();
    for (const program of PROGRAMS) expect(await pods.ofComponent(program)).toHaveLength(2);
    for (const server of EVALUATION_SERVERS) expect(await pods.ofComponent(server)).toHaveLength(1);
    expect((await pods.ofComponent('controller')).map(({ metadata }) => metadata.name)).toContain(await leader());
  });

  step('programs run as nobody special, and write only to /tmp', async () => {
    for (const program of PROGRAMS) {
      for (const pod of await pods.ofComponent(program)) expect(await confinementOf(pods, pod)).toEqual(CONFINED);
    }
  });

  step('the quickstart is applied as it is, and its bindings leave Secrets', async () => {
    await node.kubectl.apply(await readFile(join(CHECKOUT, 'examples/quickstart.yaml'), 'utf8'));
    for (const name of QUICKSTART) await tenant.untilReady('servicebinding', name);
    expect(await tenant.secret('my-db-credentials')).toMatchObject({
      type: 'mysql',
      host: 'database-broker-mysql.service-catalog.svc',
    });
    expect(await tenant.secret('my-pg-credentials')).toMatchObject({
      type: 'postgresql',
      host: 'database-broker-postgresql.service-catalog.svc',
    });
  });

  step('the application that reads them writes rows, which both servers have', async () => {
    await app.deploy();
    const visits = await app.visit();
    expect(visits).toEqual({ mysql: 2, postgresql: 2 });
    expect(await app.rows(await evaluationServers(system))).toEqual(visits);
  });

  step('what the plan does not allow is refused by the webhook', async () => {
    const { code, stderr } = await node.kubectl.try(
      ['apply', '-f', '-'],
      instance({ namespace: 'test-ns', name: 'odd', parameters: { storageGB: 'plenty' } }),
    );
    expect(code).toBe(1);
    // The kinds allow any parameters; what the plan's schema says, only the webhook has looked up.
    expect(stderr).toContain('spec.parameters.storageGB: must be an integer');
  });

  step('who wrote an object is recorded by the webhook', async () => {
    const object = await tenant.find('serviceinstance', 'my-db-instance');
    expect(object?.spec['userInfo']).toMatchObject({ username: 'admin' });
  });

  step('when the pod of the leading controller is deleted by force, the other goes on', async () => {
    // The log of the pod that has handled the credentials of the quickstart goes with it.
    await secrets.look();
    const deleted = await leader();
    await node.kubectl.run([
      ...['--namespace', system.namespace, 'delete', 'pod', deleted, '--force', '--grace-period=0'],
    ]);
    await node.kubectl.apply(binding({ namespace: 'test-ns', name: 'second', instance: 'my-pg-instance' }));
    await tenant.untilReady('servicebinding', 'second');
    expect(await leader()).not.toBe(deleted);
  });

  /** Users write all the time while this goes on, and none of it is refused. */
  const whileUsersWrite = async (going: Promise<void>): Promise<void> => {
    let done = false;
    const writing = writeUntil(node.kubectl, { namespace: 'test-ns', name: 'my-pg-instance' }, () => done);
    await going.finally(() => {
      done = true;
    });
    const { writes, refusals } = await writing;
    expect(refusals).toEqual([]);
    expect(writes).toBeGreaterThan(0);
  };

  step('helm upgrade replaces pods one after the other, while the application works and users write', async () => {
    await secrets.look();
    const before = await pods.ready();
    const podAnnotations = { 'example.com/upgrade': 'second' };
    const upgraded = installAll({ controller: { logLevel: 'debug' }, webhook: { podAnnotations } }, { podAnnotations });
    let done = false;
    const visiting = visitUntil(app, () => done);
    await whileUsersWrite(upgraded).finally(() => {
      done = true;
    });
    expect(await visiting).toBeGreaterThan(0);
    for (const program of PROGRAMS) {
      const after = await pods.ofComponent(program);
      expect(after.filter(({ metadata }) => before.some((one) => one.metadata.uid === metadata.uid))).toEqual([]);
    }
    const [controller] = await pods.ofComponent('controller');
    expect(controller?.spec.containers[0]?.args).toContain('--log-level=debug');
    await node.kubectl.apply(instance({ namespace: 'test-ns', name: 'late', className: 'cloud-mysql' }));
    await tenant.untilReady('serviceinstance', 'late');
    const memory = await eventually('the memory of every pod is measured', async () => {
      const measured = await pods.memory();
      return (await pods.ready()).every(({ metadata }) => (measured.get(metadata.name) ?? 0) > 0) && measured;
    });
    console.log(memoryReport(memory));
  });

  step('helm rollback brings the values before back while users write, and what was made since goes on', async () => {
    await secrets.look();
    await whileUsersWrite(releases.rollBack('service-catalog'));
    await releases.rollBack('database-broker');
    const [controller] = await pods.ofComponent('controller');
    expect(controller?.spec.containers[0]?.args).toContain('--log-level=info');
    await node.kubectl.apply(binding({ namespace: 'test-ns', name: 'late', instance: 'late' }));
    await tenant.untilReady('servicebinding', 'late');
    await app.visit();
  });

  step('users may write while pods serve the certificate from before its renewal', async () => {
    await secrets.look();
    const certificate = async (): Promise<unknown> => (await system.secret('service-catalog-webhook-tls'))?.['tls.crt'];
    const before = await certificate();
    await node.kubectl.run(['-n', system.namespace, 'delete', 'secret', 'service-catalog-webhook-tls']);
    await whileUsersWrite(releases.install('service-catalog', {}));
    expect(await certificate()).not.toBe(before);
    // The kubelet takes a minute to bring it to them.
    let looks = 0;
    const written = await writeUntil(
      node.kubectl,
      { namespace: 'test-ns', name: 'my-pg-instance' },
      () => looks++ === 5,
    );
    expect(written).toEqual({ writes: 10, refusals: [] });
  });

  step('helm uninstall takes the programs away, and nothing that tenants have', async () => {
    await secrets.look();
    const credentials = await tenant.secret('my-pg-credentials');
    const servers = await census(await evaluationServers(system));
    await releases.uninstall('service-catalog');
    const rows = await app.visit();
    expect(await app.rows(await evaluationServers(system))).toEqual(rows);
    expect(await census(await evaluationServers(system))).toEqual(servers);

    await releases.uninstall('database-broker');
    await pods.untilGone();
    expect(await tenant.secret('my-pg-credentials')).toEqual(credentials);
    const { items } = await node.kubectl.json<{ items: unknown[] }>(['get', 'serviceinstances', '--all-namespaces']);
    expect(items).toHaveLength(3);
    const claims = await node.kubectl.run(['-n', system.namespace, 'get', 'pvc', '-o', 'jsonpath={..status.phase}']);
    expect(claims).toBe('Bound Bound Bound');
  });

  step('installed again, everything works as it did', async () => {
    await installAll();
    const rows = await eventually('the application reaches its databases again', () => app.visit());
    expect(rows.postgresql).toBeGreaterThan(3);
    expect(await app.rows(await evaluationServers(system))).toEqual(rows);
    await node.kubectl.apply(binding({ namespace: 'test-ns', name: 'third', instance: 'my-db-instance' }));
    await tenant.untilReady('servicebinding', 'third');
  });

  step('deleting the namespace drops its databases and logins', async () => {
    await secrets.look();
    await node.kubectl.run(['delete', 'namespace', 'test-ns', '--timeout=120s']);
    expect(await census(await evaluationServers(system))).toEqual({ databases: [], logins: [], roles: [] });
  });

  step('no password is in the log of any pod', async () => {
    await secrets.look();
    expect(secrets.count()).toBeGreaterThan(10);
    expect(secrets.found()).toEqual([]);
  });
});

/** One visit after the other until it is time; how many there were. Every one of them has to be written. */
async function visitUntil(app: DemoApp, isTime: () => boolean): Promise<number> {
  let visits = 0;
  while (!isTime()) {
    await app.visit();
    visits += 1;
  }
  return visits;
}

function memoryReport(bytes: ReadonlyMap<string, number>): string {
  const lines = [...bytes].map(([pod, used]) => `${Math.round(used / 1024 / 1024)} MB  ${pod}`);
  return ['memory in use (working set):', ...lines.toSorted()].join('\n');
}
