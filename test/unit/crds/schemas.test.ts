import { describe, expect, test } from '@jest/globals';
import { CATALOG_RESOURCES } from '../../../lib/catalog/resources.ts';
import { SCOPES } from '../../../lib/catalog/scope.ts';
import { loadCrds } from './load.ts';
import type { CrdSchema } from './load.ts';

const crds = loadCrds();

/** Every node that describes a field, with its path. */
function fields(schema: CrdSchema, at = ''): [string, CrdSchema][] {
  return [
    [at, schema] as [string, CrdSchema],
    ...Object.entries(schema.properties ?? {}).flatMap(([name, value]) => fields(value, `${at}.${name}`)),
    ...(schema.items === undefined ? [] : fields(schema.items, `${at}[]`)),
    ...(schema.additionalProperties === undefined ? [] : fields(schema.additionalProperties, `${at}{}`)),
  ];
}

/** Every schema below oneOf, anyOf, allOf and not: they may say which values are allowed, never what a field is. */
function junctors(schema: CrdSchema): CrdSchema[] {
  const direct = [
    ...(schema.oneOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.allOf ?? []),
    ...(schema.not ? [schema.not] : []),
  ];
  return direct.flatMap((part) => [part, ...junctors(part)]);
}

test('there is one CRD for each resource of the API, in the file of its plural', () => {
  const expected = CATALOG_RESOURCES.map(({ kind, plural, namespaced }) => [
    kind,
    `${plural}.yaml`,
    plural,
    namespaced,
  ]);
  const found = Array.from(crds.values(), ({ file, crd }) => [
    crd.spec.names.kind,
    file,
    crd.spec.names.plural,
    crd.spec.scope === 'Namespaced',
  ]);
  expect(found.sort()).toEqual(expected.sort());
});

describe.each(Array.from(crds))('%s', (kind, { crd, schema }) => {
  test('is registered the way users and tools of the original know it', () => {
    expect(crd.apiVersion).toBe('apiextensions.k8s.io/v1');
    expect(crd.metadata.name).toBe(`${crd.spec.names.plural}.servicecatalog.k8s.io`);
    expect(crd.metadata.labels).toEqual({ svcat: 'true' });
    expect(crd.metadata.annotations['api-approved.kubernetes.io']).toMatch(/^unapproved|^https:/);
    expect(crd.spec.names).toMatchObject({ listKind: `${kind}List`, categories: ['all', 'svcat'] });
    expect(crd.spec.versions).toHaveLength(1);
    expect(crd.spec.versions[0]).toMatchObject({
      name: 'v1beta1',
      served: true,
      storage: true,
      subresources: { status: {} },
    });
  });

  test('has a structural schema in which every field is described', () => {
    for (const [at, field] of fields(schema)) {
      if (at === '.metadata') {
        // The API server allows nothing to be said about metadata.
        expect(field).toEqual({ type: 'object' });
        continue;
      }
      expect([at, field.type]).toEqual([at, expect.stringMatching(/^(object|array|string|integer|boolean)$/)]);
      expect([at, field.description]).toEqual([at, expect.stringMatching(/^[A-Z].*\.$/)]);
      const members = [field.properties, field.additionalProperties, field['x-kubernetes-preserve-unknown-fields']];
      expect([at, members.filter((member) => member !== undefined).length]).toEqual([
        at,
        field.type === 'object' ? 1 : 0,
      ]);
      expect([at, field.items !== undefined]).toEqual([at, field.type === 'array']);
      expect([at, (field.required ?? []).filter((name) => !(name in (field.properties ?? {})))]).toEqual([at, []]);
    }
  });

  test('says in oneOf, anyOf, allOf and not only which values are allowed', () => {
    for (const [at, field] of fields(schema)) {
      for (const part of junctors(field)) {
        expect([
          at,
          Object.keys(part).filter((key) => !['required', 'oneOf', 'anyOf', 'allOf', 'not'].includes(key)),
        ]).toEqual([at, []]);
        for (const name of part.required ?? [])
          expect([at, name, name in (field.properties ?? {})]).toEqual([at, name, true]);
      }
    }
  });

  test('says in a message what each of its rules wants', () => {
    for (const [at, field] of fields(schema)) {
      for (const { rule, message } of field['x-kubernetes-validations'] ?? []) {
        expect([at, message]).toEqual([at, expect.stringMatching(/^[a-z]/)]);
        expect(rule.length).toBeLessThan(2_000);
      }
    }
  });
});

const columns: Record<string, [string, string][]> = {
  ServiceBroker: [
    ['URL', '.spec.url'],
    ['Status', '.status.lastConditionState'],
  ],
  ServiceClass: [
    ['External-Name', '.spec.externalName'],
    ['Broker', '.spec.serviceBrokerName'],
  ],
  ServicePlan: [
    ['External-Name', '.spec.externalName'],
    ['Broker', '.spec.serviceBrokerName'],
    ['Class', '.spec.serviceClassRef.name'],
  ],
  ServiceInstance: [
    ['Class', '.status.userSpecifiedClassName'],
    ['Plan', '.status.userSpecifiedPlanName'],
    ['Status', '.status.lastConditionState'],
  ],
  ServiceBinding: [
    ['Service-Instance', '.spec.instanceRef.name'],
    ['Secret-Name', '.spec.secretName'],
    ['Status', '.status.lastConditionState'],
  ],
};

test.each(Object.entries(columns))('kubectl get shows the columns of %s in the order users know', (kind, expected) => {
  const shown = crds.get(kind)!.crd.spec.versions[0]!.additionalPrinterColumns;
  expect(shown.map(({ name, jsonPath }) => [name, jsonPath])).toEqual([
    ...expected,
    ['Age', '.metadata.creationTimestamp'],
  ]);
});

test('a namespaced kind says what its cluster twin says, but for the names', () => {
  const [cluster, namespace] = SCOPES;
  for (const part of ['brokers', 'classes', 'plans'] as const) {
    const [one, other] = [cluster!, namespace!].map((scope) => {
      const { schema, crd } = crds.get(scope[part].kind)!;
      const { additionalPrinterColumns } = crd.spec.versions[0]!;
      const paths = fields(schema).map(([at, { description: _description, ...field }]) => [
        at,
        field.type,
        field.default,
        field.enum,
        field['x-kubernetes-validations'],
      ]);
      return JSON.stringify([paths, additionalPrinterColumns.map(({ jsonPath }) => jsonPath)]);
    });
    const neutral = one!
      .replaceAll('clusterServiceBrokerName', 'serviceBrokerName')
      .replaceAll('clusterServiceClassRef', 'serviceClassRef');
    const withoutNamespace = (text: string): unknown[] =>
      (JSON.parse(text) as [unknown[][], unknown])[0].filter(([at]) => !String(at).endsWith('secretRef.namespace'));
    expect(withoutNamespace(neutral)).toEqual(withoutNamespace(other!));
  }
});
