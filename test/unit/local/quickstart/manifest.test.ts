import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../../lib/kube/objects.ts';
import type { ManifestObject } from '../../../../local/quickstart/manifest.ts';
import { parseManifest, parseQuickstart, withLastApplied } from '../../../../local/quickstart/manifest.ts';

const example = readFileSync(join(import.meta.dirname, '../../../../examples/quickstart.yaml'), 'utf8');

const named = ({ object }: ManifestObject): string => `${String(object.kind)}/${String(object.metadata.name)}`;

describe('a manifest', () => {
  test('is read in its order: examples/quickstart.yaml has a broker, a namespace and two pairs', () => {
    expect(parseManifest(example).map(named)).toEqual([
      'ClusterServiceBroker/cloud-broker',
      'Namespace/test-ns',
      'ServiceInstance/my-db-instance',
      'ServiceBinding/my-db-binding',
      'ServiceInstance/my-pg-instance',
      'ServiceBinding/my-pg-binding',
    ]);
  });

  test('is applied in two parts, the brokers first wherever they stand, for the sake of its bindings', () => {
    const binding = 'apiVersion: servicecatalog.k8s.io/v1beta1\nkind: ServiceBinding\nmetadata: {name: mine}';
    const { brokers, rest, bindings } = parseQuickstart(`${binding}\n---\n${example}`);
    expect(brokers.map(named)).toEqual(['ClusterServiceBroker/cloud-broker']);
    expect(rest.map(named)).toEqual([
      'ServiceBinding/mine',
      'Namespace/test-ns',
      'ServiceInstance/my-db-instance',
      'ServiceBinding/my-db-binding',
      'ServiceInstance/my-pg-instance',
      'ServiceBinding/my-pg-binding',
    ]);
    expect(bindings).toEqual([
      { namespace: 'default', name: 'mine' },
      { namespace: 'test-ns', name: 'my-db-binding' },
      { namespace: 'test-ns', name: 'my-pg-binding' },
    ]);
  });

  test.each([
    ['a kind it does not know', 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}', 'a Pod of v1'],
    ['what is no YAML', 'a: [', 'no YAML'],
  ])('with %s is refused', (_what, text, message) => {
    expect(() => parseManifest(text)).toThrow(message);
  });
});

test('an applied object has what kubectl would have written', () => {
  const object: KubeObject = { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'a<b' } };
  expect(withLastApplied(object).metadata.annotations).toEqual({
    'kubectl.kubernetes.io/last-applied-configuration':
      '{"apiVersion":"v1","kind":"Namespace","metadata":{"annotations":{},"name":"a\\u003cb"}}\n',
  });
  expect(object).not.toHaveProperty('metadata.annotations');
});
