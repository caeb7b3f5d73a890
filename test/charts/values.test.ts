import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { MINIMUM_RELIST_MS } from '../../lib/catalog/relist.ts';
import { readValues } from '../../scripts/charts/read-values.ts';
import type { ChartValue } from '../../scripts/charts/read-values.ts';
import { generate } from '../../scripts/generate-charts.ts';
import { describeWithHelm } from './support/environment.ts';
import { chartFolder, CHARTS, tryHelm, valueSetFile, valueSets } from './support/helm.ts';
import type { ChartName } from './support/helm.ts';

const root = join(import.meta.dirname, '../..');

describe('what charts repeat', () => {
  test('is what it comes from: kinds, version, descriptions in the schema, tables of values', async () => {
    for (const [file, text] of await generate()) {
      expect({ file, text: await readFile(join(root, file), 'utf8') }).toEqual({ file, text });
    }
  });
});

describe.each(CHARTS)('the sampled values of %s', (chart) => {
  test('change every value there is', async () => {
    const values = leaves(readValues(await readFile(join(chartFolder(chart), 'values.yaml'), 'utf8')));
    const sets = await Promise.all(
      valueSets(chart).map(async (name) => parse(await readFile(valueSetFile(chart, name), 'utf8')) as unknown),
    );
    const unchanged = values.filter(
      ({ path, default: usual }) =>
        !sets.some((set) => {
          const sampled = at(set, path);
          return sampled !== undefined && !isDeepStrictEqual(sampled, usual);
        }),
    );
    expect(unchanged.map(({ path }) => path)).toEqual([]);
  });
});

const leaves = (values: readonly ChartValue[]): ChartValue[] =>
  values.flatMap((value) => (value.members === undefined ? [value] : leaves(value.members)));

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value ?? {});

const platform = (username: string) => ({ username, passwordSecret: { name: 'login' } });
const key = (label: string) => ({ label, secret: { name: 'keys', key: 'key' } });
const server = (name: string, admin = {}) => ({
  name,
  engine: 'mysql',
  serves: ['8.4'],
  admin: { host: 'db', port: 3306, username: 'root', passwordSecret: { name: 'db' }, ...admin },
});

describeWithHelm('values that are wrong', () => {
  const evaluation = ['--values', join(chartFolder('database-broker'), 'evaluation.yaml')];
  const cases: readonly [ChartName, readonly string[], readonly string[]][] = [
    ['service-catalog', ['--set', 'controller.replicaz=3'], ["'replicaz'"]],
    ['service-catalog', ['--set', 'admission.mode=maybe'], ['/admission/mode', "'webhook', 'none'"]],
    ['service-catalog', ['--set-string', 'controller.replicas=two'], ['/controller/replicas', 'integer']],
    ['service-catalog', ['--set', 'controller.resyncInterval=5 minutes'], ['/controller/resyncInterval']],
    ['service-catalog', ['--set', 'controller.resyncInterval=0s'], ['/controller/resyncInterval']],
    ['service-catalog', ['--set', 'webhook.shutdownDelay=11s'], ['/webhook/shutdownDelay']],
    ['service-catalog', ['--set', 'image.tag=a b'], ['/image/tag']],
    [
      'service-catalog',
      ['--set', 'admission.certificate.existingSecret=mine'],
      ['admission.certificate.caBundle is missing'],
    ],
    [
      'service-catalog',
      ['--set', 'webhook.hostNetwork=true,ambassador.enabled=true'],
      ['webhook.hostNetwork and ambassador.enabled exclude each other'],
    ],
    [
      'service-catalog',
      ['--set', 'admission.certificate.existingSecret=mine,admission.certificate.certManager.enabled=true'],
      ['certManager.enabled and admission.certificate.existingSecret exclude each other', 'Secret mine'],
    ],
    [
      'service-catalog',
      ['--set', 'admission.certificate.caBundle=-----BEGIN CERTIFICATE-----'],
      ['admission.certificate.existingSecret, which is missing'],
    ],
    [
      'service-catalog',
      ['--set', 'admission.certificate.certManager.issuerRef.kind=ClusterIssuer'],
      ['issuerRef.kind is ClusterIssuer, but issuerRef.name is missing'],
    ],
    ...[8444, 8445, 8446].map((port): [ChartName, string[], string[]] => [
      'service-catalog',
      ['--set', `ambassador.enabled=true,ambassador.port=${port}`],
      [`ambassador.port must not be ${port}`],
    ]),
    [
      'service-catalog',
      ['--set', 'webhook.shutdownDelay=1.5s,webhook.terminationGracePeriodSeconds=1'],
      ['webhook.shutdownDelay, 1.5s, must be shorter than webhook.terminationGracePeriodSeconds, 1'],
    ],
    ['service-catalog', ['--set', 'webhook.resources.limits.memory=abc'], ['/webhook/resources/limits/memory']],
    ['service-catalog', ['--set', 'podSecurityContext.runAsUser=0'], ['/podSecurityContext/runAsUser']],
    ['service-catalog', ['--set', 'image.digest=sha256:1'], ['/image/digest']],
    ['service-catalog', ['--set', String.raw`commonLabels.app\.kubernetes\.io/name=x`], ['app.kubernetes.io/name']],
    ['service-catalog', ['--set', 'controller.brokerAddresses={broker}'], ['/controller/brokerAddresses/0']],
    ['service-catalog', ['--set', 'controller.brokerAddresses={a:1=b:65536}'], ['/controller/brokerAddresses/0']],
    ['database-broker', [...evaluation, '--set', 'store.url=mysql://a@b/c'], ['/store/url']],
    ['database-broker', [...evaluation, '--set', 'store.url=postgresql://a@b:99999/c'], ['/store/url']],
    ['database-broker', [...evaluation, '--set', 'resources.limits.memory=abc'], ['/resources/limits/memory']],
    ['database-broker', [...evaluation, '--set', 'podSecurityContext.runAsUser=0'], ['/podSecurityContext/runAsUser']],
    ['database-broker', [...evaluation, '--set', 'tls.extraNames={300.1.1.1}'], ['/tls/extraNames/0']],
    [
      'database-broker',
      [...evaluation, '--set', 'tls.extraNames={a.example.org},tls.existingSecret=mine'],
      ['tls.extraNames', 'tls.existingSecret, mine, has its own'],
    ],
    [
      'database-broker',
      [...evaluation, '--set', 'tls.caBundle=-----BEGIN CERTIFICATE-----'],
      ['tls.existingSecret, which is missing'],
    ],
    [
      'database-broker',
      [...evaluation, '--set-json', `auth.platforms=${JSON.stringify([platform('blue'), platform('blue')])}`],
      ['have the name "blue" twice'],
    ],
    [
      'database-broker',
      [...evaluation, '--set-json', `auth.platforms=${JSON.stringify([platform('catalog')])}`],
      ['have the name "catalog" twice'],
    ],
    [
      'database-broker',
      [...evaluation, '--set-json', `encryption.keys=${JSON.stringify([key('a'), key('a')])}`],
      ['encryption.keys has two with the label "a"'],
    ],
    ...['.', '..'].map((label): [ChartName, string[], string[]] => [
      'database-broker',
      [...evaluation, '--set-json', `encryption.keys=${JSON.stringify([key(label)])}`],
      ['/encryption/keys/0/label'],
    ]),
    [
      'database-broker',
      [...evaluation, '--set-json', `servers=${JSON.stringify([server('one', { database: 'admin' })])}`],
      ['"one" has admin.database'],
    ],
    [
      'database-broker',
      [...evaluation, '--set', `clusterServiceBroker.relistDuration=${MINIMUM_RELIST_MS - 1}ms`],
      ['clusterServiceBroker.relistDuration', `every ${MINIMUM_RELIST_MS / 1000}s`],
    ],
    ['database-broker', [...evaluation, '--set', 'servers[0].name=x'], ['/servers/0', "'engine'", "'admin'"]],
    ['database-broker', [...evaluation, '--set', 'evaluation.mysql.uid=0'], ['/evaluation/mysql/uid']],
    ['database-broker', [...evaluation, '--set', 'evaluation.mysql.username=x'], ["'username'"]],
    [
      'database-broker',
      [...evaluation, '--set', 'serviceMonitor.enabled=true'],
      ['serviceMonitor.enabled without networkPolicy.extraIngressFrom'],
    ],
    ['database-broker', [...evaluation, '--set', 'auth.password=secret'], ["'password'"]],
    ['database-broker', [], ['store.url is missing', 'evaluation.yaml']],
    ['database-broker', ['--set', 'evaluation.store.enabled=true'], ['There is no database server']],
    ['database-broker', [...evaluation, '--set', 'store.url=postgresql://a@b/c'], ['store.url and evaluation.store']],
    ['database-broker', ['--set', 'store.url=postgresql://a@b/c'], ['store.passwordSecret.name is missing']],
  ];

  test.each(cases)('are refused by %s with a message that names them: %j', async (chart, args, named) => {
    const ended = await tryHelm(['template', chart, chartFolder(chart), '--kube-version', 'v1.34.4', ...args]);
    expect(ended.code).not.toBe(0);
    for (const part of named) expect(ended.stderr).toContain(part);
  });

  test('two servers of one name are refused, and a server called like one of the evaluation', async () => {
    for (const names of [
      ['one', 'one'],
      ['evaluation-mysql', 'two'],
    ]) {
      const servers = JSON.stringify(names.map((name) => server(name)));
      const args = [...evaluation, '--kube-version', 'v1.34.4', '--set-json', `servers=${servers}`];
      const ended = await tryHelm(['template', 'database-broker', chartFolder('database-broker'), ...args]);
      expect(ended.stderr).toContain(`servers has two called "${names[0] ?? ''}"`);
    }
  });
});

describeWithHelm('values at the edge of what is right', () => {
  const evaluation = ['--values', join(chartFolder('database-broker'), 'evaluation.yaml')];
  const cases: readonly [ChartName, readonly string[]][] = [
    ['database-broker', [...evaluation, '--set', `clusterServiceBroker.relistDuration=${MINIMUM_RELIST_MS}ms`]],
    ['database-broker', [...evaluation, '--set', 'clusterServiceBroker.relistDuration=0.5h']],
    ['database-broker', [...evaluation, '--set', 'tls.extraNames={*.example.org,localhost,255.0.0.1,fd00::1}']],
    ['database-broker', [...evaluation, '--set', 'resources.limits.memory=1e9,resources.limits.cpu=0.5']],
    ['service-catalog', ['--set', 'webhook.shutdownDelay=9.9s,webhook.terminationGracePeriodSeconds=10']],
    ['service-catalog', ['--set', 'controller.brokerAddresses={a:1=[fd00::1]:65535}']],
  ];

  test.each(cases)('are taken by %s: %j', async (chart, args) => {
    const ended = await tryHelm(['template', chart, chartFolder(chart), '--kube-version', 'v1.34.4', ...args]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
  });
});
