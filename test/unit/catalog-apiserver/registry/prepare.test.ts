import { describe, expect, test } from '@jest/globals';
import type { Kind } from '../../../../catalog-apiserver/kinds/kind.ts';
import { CONFIG_MAP_KIND } from '../../../../catalog-apiserver/kinds/config-map.ts';
import { EVENT_KIND } from '../../../../catalog-apiserver/kinds/event.ts';
import { NAMESPACE_KIND } from '../../../../catalog-apiserver/kinds/namespace.ts';
import { objectSchema } from '../../../../catalog-apiserver/kinds/object-meta.ts';
import { SECRET_KIND } from '../../../../catalog-apiserver/kinds/secret.ts';
import { decodeObject } from '../../../../catalog-apiserver/registry/decode.ts';
import { faultsOf, prepareForCreate, prepareForUpdate } from '../../../../catalog-apiserver/registry/prepare.ts';
import { ApiError } from '../../../../catalog-apiserver/status.ts';
import type { KubeObject } from '../../../../lib/kube/objects.ts';

/** A kind as a definition gives it: a spec, a status of its own, a generation. */
const THING: Kind = {
  ...CONFIG_MAP_KIND,
  resource: { group: 'example.com', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true },
  subresources: ['status'],
  schema: objectSchema('Thing', {
    properties: {
      spec: { type: 'object', properties: { size: { type: 'integer' }, mode: { type: 'string', default: 'auto' } } },
      status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  }),
  custom: true,
  hasGeneration: true,
  strategy: {},
};

type Thing = KubeObject & { spec?: { size?: number; mode?: string }; status?: object };

const stored: Thing = {
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: {
    name: 't',
    namespace: 'n',
    uid: 'u',
    resourceVersion: '7',
    generation: 3,
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { size: 1 },
  status: { phase: 'Ready' },
};

const faultTexts = (kind: Kind, object: KubeObject, old?: KubeObject): string[] =>
  faultsOf(kind, object, old).map((cause) => `${cause.field}: ${cause.message}`);

describe('a new object', () => {
  test('begins with generation 1 and without what only the server may set', () => {
    const created = prepareForCreate(
      THING,
      { ...stored, metadata: { ...stored.metadata, labels: { a: 'b' }, deletionTimestamp: 'x' } },
      'n',
    );
    expect(created).toEqual({
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name: 't', namespace: 'n', generation: 1, labels: { a: 'b' } },
      spec: { size: 1 },
    });
  });

  test('gets a name from its prefix, cut to what a name may have', () => {
    const named = (generateName: string): string =>
      prepareForCreate(SECRET_KIND, { metadata: { generateName } }, 'n').metadata.name ?? '';
    expect(named('db-')).toMatch(/^db-[bcdfghjklmnpqrstvwxz2456789]{5}$/u);
    expect(named('x'.repeat(200))).toHaveLength(63);
  });

  test.each([
    [63, SECRET_KIND, []],
    [253, SECRET_KIND, []],
    [254, SECRET_KIND, ['must be no more than 253 characters']],
    [63, NAMESPACE_KIND, []],
    [64, NAMESPACE_KIND, ['must be no more than 63 characters']],
  ] as const)('with a name of %d characters', (length, kind, expected) => {
    const prepared = prepareForCreate(kind, { metadata: { name: 'x'.repeat(length) } }, undefined);
    const faults = faultTexts(kind, prepared).filter((text) => text.startsWith('metadata.name'));
    expect(faults).toHaveLength(expected.length);
    if (expected[0] !== undefined) expect(faults[0]).toContain(expected[0]);
  });

  test.each([
    [{ name: '' }, 'metadata.name: Required value'],
    [{ name: '-a' }, 'metadata.name: Invalid value'],
    [{ name: 'a', labels: { 'a b': 'x' } }, 'metadata.labels: Invalid value: "a b"'],
    [{ name: 'a', labels: { a: 'x'.repeat(64) } }, 'must be no more than 63 characters'],
    [{ name: 'a', annotations: { a: 'x'.repeat(300_000) } }, 'metadata.annotations: Too long'],
    [{ name: 'a', finalizers: ['plain'] }, 'neither a standard finalizer name nor is it fully qualified'],
    [{ name: 'a', finalizers: ['orphan', 'foregroundDeletion'] }, 'cannot be both set'],
    [
      { name: 'a', ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'e', uid: 'u' }] },
      'is disallowed from being an owner',
    ],
    [{ name: 'a', ownerReferences: [{ apiVersion: '', kind: 'X', name: 'e', uid: 'u' }] }, 'version must not be empty'],
    [
      {
        name: 'a',
        ownerReferences: ['1', '2'].map((uid) => ({
          apiVersion: 'v1',
          kind: 'Secret',
          name: uid,
          uid,
          controller: true,
        })),
      },
      'Only one reference can have Controller set to true',
    ],
  ])('with metadata %# is refused: %s', (metadata, expected) => {
    expect(faultTexts(SECRET_KIND, { metadata }).join('\n')).toContain(expected);
  });
});

describe('an update', () => {
  test('leaves identity and status alone, and counts a change of the spec', () => {
    const candidate: Thing = {
      ...stored,
      metadata: { name: 't', uid: 'other', generation: 99, creationTimestamp: 'x', annotations: { a: 'b' } },
      spec: { size: 2 },
      status: { phase: 'Forged' },
    };
    expect(prepareForUpdate(THING, undefined, candidate, stored)).toEqual({
      ...stored,
      metadata: { ...stored.metadata, generation: 4, annotations: { a: 'b' } },
      spec: { size: 2 },
    });
  });

  test('of metadata does not count', () => {
    const candidate = { ...stored, metadata: { labels: { a: 'b' } } };
    expect(prepareForUpdate(THING, undefined, candidate, stored).metadata.generation).toBe(3);
  });

  test('of the status changes nothing else', () => {
    const candidate: Thing = {
      ...stored,
      metadata: { labels: { a: 'b' } },
      spec: { size: 5 },
      status: { phase: 'Failed' },
    };
    expect(prepareForUpdate(THING, 'status', candidate, stored)).toEqual({ ...stored, status: { phase: 'Failed' } });
    const { status: _status, ...without } = candidate;
    expect(prepareForUpdate(THING, 'status', without, stored)).not.toHaveProperty('status');
  });

  test('may take finalizers off an object that is being deleted, and put none on', () => {
    const deleting = {
      ...stored,
      metadata: { ...stored.metadata, deletionTimestamp: '2026-01-02T00:00:00Z', finalizers: ['a.b/c', 'a.b/d'] },
    };
    const fewer = prepareForUpdate(
      THING,
      undefined,
      { ...deleting, metadata: { ...deleting.metadata, finalizers: ['a.b/d'] } },
      deleting,
    );
    expect(faultTexts(THING, fewer, deleting)).toEqual([]);
    const more = prepareForUpdate(
      THING,
      undefined,
      { ...deleting, metadata: { ...deleting.metadata, finalizers: ['a.b/e'] } },
      deleting,
    );
    expect(faultTexts(THING, more, deleting)).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.b/e"}',
    ]);
  });
});

describe('a Namespace', () => {
  const created = prepareForCreate(NAMESPACE_KIND, { metadata: { name: 'x' } }, undefined);

  test('begins active, labelled with its name, and with the finalizer of whoever empties it', () => {
    expect(created).toEqual({
      metadata: { name: 'x', labels: { 'kubernetes.io/metadata.name': 'x' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  });

  test('loses that finalizer by its subresource only', () => {
    const emptied = { ...created, spec: { finalizers: [] } };
    expect(prepareForUpdate(NAMESPACE_KIND, undefined, emptied, created)).toEqual(created);
    expect(prepareForUpdate(NAMESPACE_KIND, 'finalize', emptied, created)).toEqual(emptied);
  });
});

describe('a Secret', () => {
  const secret = (fields: object): KubeObject => ({ metadata: { name: 's' }, ...fields });

  test('has its plain values moved into data, over those already there', () => {
    const object = secret({ data: { a: 'b2xk', b: null }, stringData: { a: 'new' } });
    expect(prepareForCreate(SECRET_KIND, object, 'n')).toEqual({
      metadata: { name: 's', namespace: 'n' },
      type: 'Opaque',
      data: { a: Buffer.from('new').toString('base64'), b: '' },
    });
  });

  test.each([
    [{ data: { 'a/b': '' } }, 'a valid config key must consist of'],
    [{ data: { '..': '' } }, 'a valid config key must consist of'],
    [{ data: { a: 'YQ' } }, 'data'],
    [{ data: { a: 'A'.repeat(4 * 400_000) } }, 'Too long: may not be more than 1048576 bytes'],
    [{ type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }, 'data[tls.key]: Required value'],
  ])('%# is refused: %s', (fields, expected) => {
    const texts = faultTexts(SECRET_KIND, prepareForCreate(SECRET_KIND, secret(fields), 'n')).join('\n');
    expect(texts).toContain(expected);
  });

  test('keeps its type, and its values when it is immutable', () => {
    const old = prepareForCreate(SECRET_KIND, secret({ data: { a: 'YQ==' }, immutable: true }), 'n');
    const update = (fields: object): string[] =>
      faultTexts(SECRET_KIND, prepareForUpdate(SECRET_KIND, undefined, { ...old, ...fields }, old), old);
    expect(update({})).toEqual([]);
    expect(update({ type: 'other' })).toEqual(['type: Invalid value: "other": field is immutable']);
    expect(update({ stringData: { a: 'b' } })).toEqual(['data: Forbidden: field is immutable when `immutable` is set']);
    expect(update({ immutable: false })).toEqual(['immutable: Forbidden: field is immutable when `immutable` is set']);
  });
});

test('an Event has to be in the namespace of its object', () => {
  const event = (namespace: string, involved?: string): string[] =>
    faultTexts(EVENT_KIND, {
      metadata: { name: 'e', namespace },
      involvedObject: involved === undefined ? {} : { namespace: involved },
    } as KubeObject);
  expect(event('a', 'a')).toEqual([]);
  expect(event('default')).toEqual([]);
  expect(event('a', 'b')).toEqual(['involvedObject.namespace: Invalid value: "b": does not match event.namespace']);
  expect(event('a')).toHaveLength(1);
});

describe('a document', () => {
  const decode = (
    kind: Kind,
    value: unknown,
    validation: 'Strict' | 'Warn' | 'Ignore' = 'Warn',
    duplicates: string[] = [],
  ) => {
    const warnings: string[] = [];
    const object = decodeObject(kind, { value, duplicates }, validation, (text) => warnings.push(text));
    return { object, warnings };
  };
  const document = {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 't', creationTimestamp: null, labels: {} },
    spec: { sise: 1 },
  };

  test('becomes an object with defaults, without nulls and empty maps in its metadata', () => {
    expect(decode(THING, document).object).toEqual({
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name: 't' },
      spec: { mode: 'auto' },
    });
  });

  test('with unknown or repeated fields warns, is refused, or is taken as it is', () => {
    expect(decode(THING, document, 'Warn', ['spec.a']).warnings).toEqual([
      'duplicate field "spec.a"',
      'unknown field "spec.sise"',
    ]);
    expect(decode(THING, document, 'Ignore').warnings).toEqual([]);
    expect(() => decode(THING, document, 'Strict')).toThrow(
      'Thing in version "v1" cannot be handled as a Thing: strict decoding error: unknown field "spec.sise"',
    );
  });

  test.each([
    ['text', 'hello', 'must be an object'],
    ['another version', { ...document, apiVersion: 'v2' }, 'does not match the expected API version (example.com/v1)'],
    ['another kind', { ...document, kind: ['x'] }, 'does not match the expected kind (Thing)'],
    ['metadata of a wrong type', { ...document, metadata: { labels: { a: 1 } } }, 'metadata.labels.a'],
    ['metadata that is text', { ...document, metadata: 'x' }, 'metadata'],
  ])('is a bad request: %s', (_reason, value, message) => {
    let thrown: unknown;
    try {
      decode(THING, value);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ApiError);
    expect((thrown as ApiError).code).toBe(400);
    expect((thrown as ApiError).message).toContain(message);
  });

  test('of a built-in kind is typed everywhere', () => {
    expect(() => decode(SECRET_KIND, { metadata: { name: 's' }, data: { a: 1 } })).toThrow(
      'cannot be handled as a Secret',
    );
  });
});
