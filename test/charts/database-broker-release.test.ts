import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/wait.ts';
import {
  find,
  get,
  helmOn,
  kindsAreServed,
  kubectl,
  leftOf,
  restrictedNamespace,
  secretData,
  tryHelmOn,
} from './support/cluster.ts';
import { describeOnCluster } from './support/environment.ts';
import { chartFolder, helm as helmApart, objectsIn } from './support/helm.ts';

const NAMESPACE = 'charts-database-broker';
const CHART = chartFolder('database-broker');
const VALUES = ['--values', join(CHART, 'evaluation.yaml')];
const CRDS = join(import.meta.dirname, '../../crds');

const helm = (...args: string[]): Promise<string> => helmOn(NAMESPACE, args);

const SECRETS = ['auth', 'encryption', 'mysql', 'postgresql', 'store', 'tls'].map((name) => `database-broker-${name}`);
const CLAIMS = ['mysql', 'postgresql', 'store'].map((name) => `data-database-broker-${name}-0`);

/** The data of all Secrets of the release, by name. */
async function secrets(): Promise<Record<string, Readonly<Record<string, string>>>> {
  return Object.fromEntries(
    await Promise.all(SECRETS.map(async (name) => [name, await secretData(NAMESPACE, name)] as const)),
  );
}

const broker = async (): Promise<{ replicas: number; template: unknown }> =>
  (await get(NAMESPACE, 'deployment', 'database-broker'))['spec'] as { replicas: number; template: unknown };

/** One release from its installation to its end: each test goes on where the one before it stopped. */
describeOnCluster('a release of database-broker', () => {
  let first: Awaited<ReturnType<typeof secrets>>;

  beforeAll(async () => {
    await kubectl().run(['apply', '--server-side', '-f', CRDS]);
    await kindsAreServed();
    await restrictedNamespace(NAMESPACE);
  });

  afterAll(async () => {
    await kubectl().run(['delete', '-f', CRDS]);
    await kubectl().run(['delete', 'namespace', NAMESPACE, '--wait=false']);
  });

  test('is installed, and registered under the name and the authority of its certificate', async () => {
    const notes = await helm('install', 'database-broker', CHART, ...VALUES);
    expect(notes).toContain('FOR EVALUATION ONLY');
    first = await secrets();
    const { spec } = (await get('', 'clusterservicebroker', 'cloud-broker')) as unknown as {
      spec: { url: string; caBundle: string; authInfo: { basic: { secretRef: object } } };
    };
    const pem = (base64 = ''): string => Buffer.from(base64, 'base64').toString();
    const certificate = new X509Certificate(pem(first['database-broker-tls']?.['tls.crt']));
    expect(certificate.checkHost(new URL(spec.url).hostname)).toBeDefined();
    expect(certificate.verify(new X509Certificate(pem(spec.caBundle)).publicKey)).toBe(true);
    expect(spec.authInfo.basic.secretRef).toEqual({ namespace: NAMESPACE, name: 'database-broker-auth' });
    expect(pem(first['database-broker-auth']?.['username'])).toBe('catalog');
    expect(Buffer.from(pem(first['database-broker-encryption']?.['generated']), 'base64')).toHaveLength(32);
  });

  test('shows none of what it made among the values', async () => {
    const values = await helm('get', 'values', 'database-broker', '--all');
    expect(values).not.toContain('madeByTheChart');
    for (const data of Object.values(first)) {
      for (const secret of Object.values(data)) expect(values).not.toContain(secret);
    }
  });

  test('makes nothing anew when it is upgraded, and starts no broker anew when nothing changed', async () => {
    const before = await broker();
    await helm('upgrade', 'database-broker', CHART, ...VALUES);
    expect(await broker()).toEqual(before);
    await helm('upgrade', 'database-broker', CHART, ...VALUES, '--set', 'replicas=3');
    expect((await broker()).replicas).toBe(3);
    expect(await secrets()).toEqual(first);
  });

  test('makes nothing anew when it is rolled back', async () => {
    await helm('rollback', 'database-broker', '1');
    expect((await broker()).replicas).toBe(1);
    expect(await secrets()).toEqual(first);
  });

  test('starts the broker anew when its configuration changes', async () => {
    const before = await broker();
    await helm('upgrade', 'database-broker', CHART, ...VALUES, '--set', 'limits.operationsPerServer=2');
    expect((await broker()).template).not.toEqual(before.template);
  });

  test('makes its certificate anew, and registers its authority, when it is to have further names', async () => {
    const upgrade = (names: string): Promise<string> =>
      helm('upgrade', 'database-broker', CHART, ...VALUES, '--set', `tls.extraNames={${names}}`);
    const pem = (data: Readonly<Record<string, string>>): string =>
      Buffer.from(data['tls.crt'] ?? '', 'base64').toString();
    const before = await broker();
    await upgrade('databases.example.org,10.0.0.20,fd00::20');
    const made = await secrets();
    expect(made).toEqual({ ...first, 'database-broker-tls': made['database-broker-tls'] });
    const certificate = new X509Certificate(pem(made['database-broker-tls'] ?? {}));
    for (const name of ['databases.example.org', `database-broker.${NAMESPACE}.svc`]) {
      expect(certificate.checkHost(name)).toBe(name);
    }
    for (const address of ['10.0.0.20', 'fd00::20']) expect(certificate.checkIP(address)).toBeDefined();
    const registered = async (): Promise<unknown> => get('', 'clusterservicebroker', 'cloud-broker');
    expect(await registered()).toMatchObject({ spec: { caBundle: made['database-broker-tls']?.['ca.crt'] } });
    expect((await broker()).template).not.toEqual(before.template);

    await upgrade('fd00::20,databases.example.org,10.0.0.20');
    expect(await secrets()).toEqual(made);
    await helm('upgrade', 'database-broker', CHART, ...VALUES, '--reset-values');
    const renewed = new X509Certificate(pem(await secretData(NAMESPACE, 'database-broker-tls')));
    expect(renewed.checkHost('databases.example.org')).toBeUndefined();

    await helm('rollback', 'database-broker', '1');
    expect(await secrets()).toEqual(first);
    await helm('upgrade', 'database-broker', CHART, ...VALUES);
    expect(await secrets()).toEqual(first);
  });

  test('refuses another name for the login: the broker would not find what it made', async () => {
    const ended = await tryHelmOn(NAMESPACE, [
      'upgrade',
      'database-broker',
      CHART,
      ...VALUES,
      '--set',
      'auth.username=x',
    ]);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain('Set auth.username to "catalog"');
  });

  test('refuses a Secret of the user whose login has another name', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mine', namespace: NAMESPACE } };
    await kubectl().apply(JSON.stringify({ ...secret, stringData: { username: 'somebody', password: 'x' } }));
    const values = [...VALUES, '--set', 'auth.existingSecret=mine'];
    const ended = await tryHelmOn(NAMESPACE, ['upgrade', 'database-broker', CHART, ...values]);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain('Set auth.username to "somebody"');
  });

  test('cannot get another encryption key from a tool that renders without looking', async () => {
    const apart = await helmApart(['template', 'database-broker', CHART, ...VALUES, '--namespace', NAMESPACE]);
    const made = objectsIn(apart).filter(({ kind }) => kind === 'Secret');
    const ended = await kubectl().try(
      ['apply', '--server-side', '--force-conflicts', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: made }),
    );
    expect(ended.stderr).toContain('field is immutable');
    for (const name of ['encryption', 'mysql', 'postgresql', 'store'].map((part) => `database-broker-${part}`)) {
      expect(await secretData(NAMESPACE, name)).toEqual(first[name]);
    }
    // Login and certificate it may change; a rollback brings them back.
    await helm('rollback', 'database-broker', '1');
    expect(await secrets()).toEqual(first);
  });

  test('keeps, when it is uninstalled, all that databases depend on', async () => {
    await eventually('claims of the evaluation servers', async () => {
      const found = await Promise.all(CLAIMS.map((name) => find(NAMESPACE, 'persistentvolumeclaim', name)));
      return found.every((claim) => claim !== undefined);
    });
    await helm('uninstall', 'database-broker');
    // Pods and what belongs to them go after their owners.
    await eventually('the end of what runs', async () => {
      const left = await leftOf('database-broker', ['clusterservicebrokers']);
      return left.every((object) => /^(Secret|PersistentVolumeClaim|ClusterServiceBroker) /.test(object));
    });
    expect(await leftOf('database-broker', ['clusterservicebrokers'])).toEqual([
      'ClusterServiceBroker cloud-broker',
      ...CLAIMS.map((name) => `PersistentVolumeClaim ${name}`),
      ...SECRETS.map((name) => `Secret ${name}`),
    ]);
    const { metadata } = await get('', 'clusterservicebroker', 'cloud-broker');
    expect(metadata).not.toHaveProperty('deletionTimestamp');
    expect(await secrets()).toEqual(first);
  });

  test('goes on with all of it when it is installed again', async () => {
    await helm('install', 'database-broker', CHART, ...VALUES);
    expect(await secrets()).toEqual(first);
    expect(await get('', 'clusterservicebroker', 'cloud-broker')).toMatchObject({
      spec: { caBundle: first['database-broker-tls']?.['ca.crt'] },
    });
    await helm('uninstall', 'database-broker');
  });

  test('says what is left to do when the broker that was kept trusts another certificate', async () => {
    await kubectl().run(['-n', NAMESPACE, 'delete', 'secret', 'database-broker-tls']);
    const notes = await helm('install', 'database-broker', CHART, ...VALUES);
    const authority = (await secretData(NAMESPACE, 'database-broker-tls'))['ca.crt'];
    const patch = /--patch '(.*)'/.exec(notes)?.[1];
    // Helm 4 has changed it by itself.
    if (patch !== undefined) {
      await kubectl().run(['patch', 'clusterservicebroker', 'cloud-broker', '--type=merge', '--patch', patch]);
    }
    expect(await get('', 'clusterservicebroker', 'cloud-broker')).toMatchObject({ spec: { caBundle: authority } });
    await helm('uninstall', 'database-broker');
  });
});
