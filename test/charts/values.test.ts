import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
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
    ['service-catalog', ['--set', 'image.digest=sha256:1'], ['/image/digest']],
    ['service-catalog', ['--set', String.raw`commonLabels.app\.kubernetes\.io/name=x`], ['app.kubernetes.io/name']],
    ['service-catalog', ['--set', 'controller.brokerAddresses={broker}'], ['/controller/brokerAddresses/0']],
    ['database-broker', [...evaluation, '--set', 'store.url=mysql://a@b/c'], ['/store/url']],
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
    const server = (name: string) => ({
      name,
      engine: 'mysql',
      serves: ['8.4'],
      admin: { host: 'db', port: 3306, username: 'root', passwordSecret: { name: 'db' } },
    });
    for (const names of [
      ['one', 'one'],
      ['evaluation-mysql', 'two'],
    ]) {
      const servers = JSON.stringify(names.map(server));
      const args = [...evaluation, '--kube-version', 'v1.34.4', '--set-json', `servers=${servers}`];
      const ended = await tryHelm(['template', 'database-broker', chartFolder('database-broker'), ...args]);
      expect(ended.stderr).toContain(`servers has two called "${names[0] ?? ''}"`);
    }
  });
});
