import { describe, expect, test } from '@jest/globals';
import { customKind } from '../../../../catalog-apiserver/kinds/custom-kind.ts';
import type { CustomResourceDefinition } from '../../../../catalog-apiserver/kinds/custom-kind.ts';
import { EVENT_KIND } from '../../../../catalog-apiserver/kinds/event.ts';
import { humanDuration } from '../../../../catalog-apiserver/kinds/human-duration.ts';
import { findAll, parseJsonPath } from '../../../../catalog-apiserver/kinds/jsonpath.ts';
import { SECRET_KIND } from '../../../../catalog-apiserver/kinds/secret.ts';
import { tableOf } from '../../../../catalog-apiserver/table.ts';
import type { KubeObject } from '../../../../lib/kube/objects.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');

describe('an age', () => {
  test.each([
    [0, '0s'],
    [119_000, '119s'],
    [125_000, '2m5s'],
    [600_000, '10m'],
    [3 * 3_600_000 + 60_000, '3h1m'],
    [25 * 3_600_000, '25h'],
    [2 * 86_400_000 + 3_600_000, '2d1h'],
    [30 * 86_400_000, '30d'],
    [800 * 86_400_000, '2y70d'],
    [10 * 365 * 86_400_000, '10y'],
    [-1_000, '0s'],
    [-5_000, '<invalid>'],
  ])('of %d ms is %s', (milliseconds, text) => {
    expect(humanDuration(milliseconds)).toBe(text);
  });
});

describe('a JSONPath of a column', () => {
  const object = {
    metadata: { annotations: { 'a.b/c': 'dotted' } },
    status: {
      conditions: [
        { type: 'Failed', status: 'False' },
        { type: 'Ready', status: 'True' },
      ],
      list: [1, 2],
    },
  };

  test.each([
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    ['.status.conditions[1].type', ['Ready']],
    ['.status.list[-1]', [2]],
    ['.status.list[*]', [1, 2]],
    ['.metadata.annotations.a\\.b/c', ['dotted']],
    [".metadata.annotations['a.b/c']", ['dotted']],
    ['.status.nothing.at.all', []],
    ['.status.list[9]', []],
  ])('%s', (path, values) => {
    expect(findAll(object, parseJsonPath(path))).toEqual(values);
  });

  test.each(['status', '.a[', '.a[0:2]', '..a', '.a[?(@.b>1)]'])('%s is refused', (path) => {
    expect(() => parseJsonPath(path)).toThrow('is not supported');
  });
});

function definition(columns: object[]): CustomResourceDefinition {
  return {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      names: { kind: 'Thing', plural: 'things' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          additionalPrinterColumns: columns as never,
        },
      ],
    },
  };
}

describe('a table', () => {
  const object = {
    metadata: { name: 't', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { size: 3, on: true, text: 'x', time: '2026-01-01T00:59:00Z' },
  } as KubeObject;

  test('has the columns of the definition, with empty cells for what is absent or of another type', () => {
    const kind = customKind(
      definition([
        { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
        { name: 'On', type: 'boolean', jsonPath: '.spec.on' },
        { name: 'Text', type: 'string', jsonPath: '.spec.text', priority: 1 },
        { name: 'Wrong', type: 'integer', jsonPath: '.spec.text' },
        { name: 'Absent', type: 'string', jsonPath: '.spec.absent' },
        { name: 'Time', type: 'date', jsonPath: '.spec.time' },
      ]),
    );
    const table = tableOf(kind, [object], {}, 'None', NOW);
    expect(table.rows).toEqual([{ cells: ['t', 3, true, 'x', null, null, '60s'] }]);
    expect(table.columnDefinitions).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'Text', type: 'string', priority: 1 })]),
    );
  });

  test('carries the metadata, the object or nothing', () => {
    const kind = customKind(definition([]));
    expect(tableOf(kind, [object], {}, 'Metadata', NOW).rows[0]).toHaveProperty('object', {
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: object.metadata,
    });
    expect(tableOf(kind, [object], {}, 'Object', NOW).rows[0]).toHaveProperty('object', object);
    expect(tableOf(kind, [object], {}, 'None', NOW).rows[0]).not.toHaveProperty('object');
  });

  test('of Secrets shows how many values there are and none of them', () => {
    const secret = { metadata: object.metadata, type: 'Opaque', data: { a: 'c2VjcmV0', b: '' } } as KubeObject;
    const table = tableOf(SECRET_KIND, [secret], {}, 'Metadata', NOW);
    expect(table.rows).toEqual([expect.objectContaining({ cells: ['t', 'Opaque', 2, '60m'] })]);
    expect(JSON.stringify(table)).not.toContain('c2VjcmV0');
  });

  test('of Events tells when, what and to whom, and its name last', () => {
    const event = {
      metadata: { name: 'e' },
      involvedObject: { kind: 'ServiceInstance', name: 'db' },
      type: 'Warning',
      reason: 'ProvisionCallFailed',
      message: 'no space\n',
      lastTimestamp: '2026-01-01T00:59:30Z',
      firstTimestamp: '2026-01-01T00:00:00Z',
      count: 4,
      source: { component: 'controller' },
    } as KubeObject;
    expect(tableOf(EVENT_KIND, [event], {}, 'None', NOW).rows).toEqual([
      {
        cells: [
          ...['30s', 'Warning', 'ProvisionCallFailed', 'serviceinstance/db', '', 'controller', 'no space'],
          ...['60m', 4, 'e'],
        ],
      },
    ]);
  });
});

describe('a definition that this server could not hold to', () => {
  test.each([
    ['an unknown schema keyword', { type: 'object', patternProperties: {} }, 'patternProperties'],
    [
      'a pattern that is none',
      { type: 'object', properties: { a: { type: 'string', pattern: '(' } } },
      'regular expression',
    ],
  ])('is refused: %s', (_reason, schema, message) => {
    const wrong = definition([]);
    wrong.spec.versions[0]!.schema = { openAPIV3Schema: schema };
    expect(() => customKind(wrong)).toThrow(message);
  });

  test('is refused: two versions, a scale subresource, a column type', () => {
    const two = definition([]);
    two.spec.versions.push({ ...two.spec.versions[0]!, name: 'v2' });
    expect(() => customKind(two)).toThrow('exactly one version');
    const scaled = definition([]);
    scaled.spec.versions[0]!.subresources = { scale: {} };
    expect(() => customKind(scaled)).toThrow('scale');
    expect(() => customKind(definition([{ name: 'A', type: 'colour', jsonPath: '.a' }]))).toThrow(
      'unknown type colour',
    );
  });
});
