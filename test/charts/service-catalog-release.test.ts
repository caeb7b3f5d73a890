import { X509Certificate } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { instance } from '../support/manifests.ts';
import { find, get, helmOn, kubectl, leftOf, restrictedNamespace, secretData } from './support/cluster.ts';
import { describeOnCluster } from './support/environment.ts';
import { chartFolder } from './support/helm.ts';

const NAMESPACE = 'charts-service-catalog';
const CHART = chartFolder('service-catalog');
const KIND = 'serviceinstances.servicecatalog.k8s.io';

const helm = (...args: string[]): Promise<string> => helmOn(NAMESPACE, args);

const replicas = async (): Promise<unknown> =>
  (await get(NAMESPACE, 'deployment', 'service-catalog-controller'))['spec'];

/** By which `kubectl get` finds service instances: something of a kind that is easily changed. */
const categories = async (): Promise<unknown> =>
  ((await get('', 'crd', KIND)) as unknown as { spec: { names: { categories: unknown } } }).spec.names.categories;

const pem = (secret: Readonly<Record<string, string>>, key: string): string =>
  Buffer.from(secret[key] ?? '', 'base64')
    .toString()
    .trim();

/** The authorities that the API server trusts when it calls a webhook, the same for each: PEM. */
async function authorities(): Promise<string[]> {
  const kinds = ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration'];
  const configurations = await Promise.all(kinds.map((kind) => get(NAMESPACE, kind, 'service-catalog-webhook')));
  const bundles = configurations.flatMap(({ webhooks }) =>
    (webhooks as { clientConfig: { caBundle: string } }[]).map(({ clientConfig }) => clientConfig.caBundle),
  );
  expect(new Set(bundles).size).toBe(1);
  const text = Buffer.from(bundles[0] ?? '', 'base64').toString();
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** One release from its installation to its end: each test goes on where the one before it stopped. */
describeOnCluster('a release of service-catalog', () => {
  let certificate: Readonly<Record<string, string>>;
  /** The chart with a kind that differs. */
  const newer = mkdtempSync(join(tmpdir(), 'service-catalog-newer-chart-'));

  beforeAll(async () => {
    cpSync(CHART, newer, { recursive: true });
    const file = join(newer, 'files/crds/serviceinstances.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('      - svcat\n', '      - svcat\n      - databases\n'));
    await restrictedNamespace(NAMESPACE);
  });

  afterAll(async () => {
    rmSync(newer, { recursive: true });
    await kubectl().try(['delete', 'crd', '-l', 'svcat=true', '--timeout=60s']);
    await kubectl().run(['delete', 'namespace', NAMESPACE, '--wait=false']);
  });

  test('is installed, with a certificate for the name the API server calls', async () => {
    await helm('install', 'service-catalog', CHART);
    certificate = await secretData(NAMESPACE, 'service-catalog-webhook-tls');
    const server = new X509Certificate(pem(certificate, 'tls.crt'));
    expect(server.checkHost(`service-catalog-webhook.${NAMESPACE}.svc`)).toBeDefined();
    expect(server.verify(new X509Certificate(pem(certificate, 'ca.crt')).publicKey)).toBe(true);
    expect(await authorities()).toEqual([pem(certificate, 'ca.crt')]);
  });

  test('lets nothing be stored unchecked while no webhook answers', async () => {
    const ended = await kubectl().try(['apply', '-f', '-'], instance({ namespace: NAMESPACE, name: 'unchecked' }));
    expect(ended.stderr).toContain('mutate.servicecatalog.k8s.io');
    expect(await find(NAMESPACE, 'serviceinstance', 'unchecked')).toBeUndefined();
  });

  test('keeps its certificate when it is upgraded, and when that is rolled back', async () => {
    await helm('upgrade', 'service-catalog', CHART, '--set', 'controller.replicas=3');
    expect(await replicas()).toMatchObject({ replicas: 3 });
    expect(await secretData(NAMESPACE, 'service-catalog-webhook-tls')).toEqual(certificate);
    await helm('rollback', 'service-catalog', '1');
    expect(await replicas()).toMatchObject({ replicas: 2 });
    expect(await secretData(NAMESPACE, 'service-catalog-webhook-tls')).toEqual(certificate);
    expect(await authorities()).toEqual([pem(certificate, 'ca.crt')]);
  });

  const renew = async (): Promise<Readonly<Record<string, string>>> => {
    await kubectl().run(['-n', NAMESPACE, 'delete', 'secret', 'service-catalog-webhook-tls']);
    await helm('upgrade', 'service-catalog', CHART);
    return secretData(NAMESPACE, 'service-catalog-webhook-tls');
  };

  test('gets a new certificate when the old one was deleted, and trusts the one that pods still serve', async () => {
    const second = await renew();
    expect(second['tls.crt']).not.toBe(certificate['tls.crt']);
    expect(await authorities()).toEqual([pem(second, 'ca.crt'), pem(certificate, 'ca.crt')]);
    const third = await renew();
    expect(await authorities()).toEqual([pem(third, 'ca.crt'), pem(second, 'ca.crt')]);
    certificate = third;
  });

  test('trusts the certificate before no more from the next upgrade on', async () => {
    await helm('upgrade', 'service-catalog', CHART);
    expect(await secretData(NAMESPACE, 'service-catalog-webhook-tls')).toEqual(certificate);
    expect(await authorities()).toEqual([pem(certificate, 'ca.crt')]);
  });

  test('brings kinds up to date with an upgrade, and back with a rollback', async () => {
    await helm('upgrade', 'service-catalog', newer);
    expect(await categories()).toEqual(['all', 'svcat', 'databases']);
    await helm('rollback', 'service-catalog');
    expect(await categories()).toEqual(['all', 'svcat']);
  });

  test('has no webhook with admission.mode=none', async () => {
    await helm('upgrade', 'service-catalog', CHART, '--set', 'admission.mode=none');
    expect((await leftOf('service-catalog')).filter((object) => object.includes('webhook'))).toEqual([]);
    await kubectl().apply(instance({ namespace: NAMESPACE, name: 'database' }));
  });

  test('leaves the kinds, and what users have ordered, when it is uninstalled, and nothing else', async () => {
    const before = await get(NAMESPACE, 'serviceinstance', 'database');
    await helm('uninstall', 'service-catalog');
    const left = await leftOf('service-catalog');
    expect(left).toHaveLength(8);
    for (const object of left) expect(object).toMatch(/^CustomResourceDefinition /);
    expect((await get(NAMESPACE, 'serviceinstance', 'database')).metadata).toEqual(before.metadata);
  });

  test('takes the kinds over, and brings them up to date, when a newer one is installed', async () => {
    await helm('install', 'service-catalog', newer, '--set', 'admission.mode=none');
    expect(await categories()).toEqual(['all', 'svcat', 'databases']);
    expect(await find(NAMESPACE, 'serviceinstance', 'database')).toBeDefined();
    await helm('uninstall', 'service-catalog');
  });
});
