import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kindsAreServed, kubectl, restrictedNamespace } from './support/cluster.ts';
import { describeOnCluster } from './support/environment.ts';
import { CHARTS, render, valueSetFile, valueSets } from './support/helm.ts';
import type { ChartName, RenderedObject } from './support/helm.ts';
import { podTemplates } from './support/pods.ts';

const NAMESPACE = 'charts-dry-run';
const CRDS = join(import.meta.dirname, '../../crds');

/** Kinds of others that the charts have objects of; any fields, as their own schemas are not ours to test. */
const KINDS_OF_OTHERS = [
  ['monitoring.coreos.com', 'ServiceMonitor', 'servicemonitors'],
  ['cert-manager.io', 'Certificate', 'certificates'],
  ['cert-manager.io', 'Issuer', 'issuers'],
] as const;

function kindOfOthers([group, kind, plural]: (typeof KINDS_OF_OTHERS)[number]): object {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

const SAMPLES = CHARTS.flatMap((chart) => valueSets(chart).map((set): [ChartName, string] => [chart, set]));

describeOnCluster('a real API server', () => {
  const definitions = [
    ...readdirSync(CRDS).map((file) => readFileSync(join(CRDS, file), 'utf8')),
    ...KINDS_OF_OTHERS.map((kind) => JSON.stringify(kindOfOthers(kind))),
  ].join('\n---\n');

  beforeAll(async () => {
    await kubectl().run(['apply', '--server-side', '-f', '-'], definitions);
    await kindsAreServed();
    await restrictedNamespace(NAMESPACE);
  });

  afterAll(async () => {
    await kubectl().run(['delete', 'namespace', NAMESPACE]);
    await kubectl().run(['delete', '-f', '-'], definitions);
  });

  describe.each(SAMPLES)('%s, %s', (chart, set) => {
    const values = ['--values', valueSetFile(chart, set)];

    test('takes every object, and knows every field of it', async () => {
      const objects = await render(chart, values, 'v1.34.4', NAMESPACE);
      const ended = await kubectl().try(
        ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'],
        documents(objects),
      );
      expect(ended.code).toBe(0);
      // Warnings are about fields that nobody knows, or pods that will not be let in.
      const onHostNetwork = podTemplates(objects).some(({ template }) => template.spec.hostNetwork === true);
      if (onHostNetwork) expect(ended.stderr).toMatch(/^Warning: would violate PodSecurity .*hostNetwork=true\)\n$/);
      else expect(ended.stderr).toBe('');
    });

    test('lets its pods run where only restricted ones may, unless they are to use the network of the node', async () => {
      const objects = await render(chart, values, 'v1.34.4', NAMESPACE);
      const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount');
      if (accounts.length > 0) await kubectl().run(['apply', '--server-side', '-f', '-'], documents(accounts));
      for (const { name, template } of podTemplates(objects)) {
        const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name }, spec: template.spec };
        const ended = await kubectl().try(
          ['-n', NAMESPACE, 'create', '--dry-run=server', '-f', '-'],
          JSON.stringify(pod),
        );
        if (template.spec.hostNetwork === true) expect(ended.stderr).toContain('violates PodSecurity');
        else expect(ended).toMatchObject({ code: 0, stderr: '' });
      }
    });
  });
});

const documents = (items: readonly RenderedObject[]): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
