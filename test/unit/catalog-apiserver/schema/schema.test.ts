import { describe, expect, test } from '@jest/globals';
import { applyDefaults } from '../../../../catalog-apiserver/schema/default.ts';
import { prune } from '../../../../catalog-apiserver/schema/prune.ts';
import { readSchema } from '../../../../catalog-apiserver/schema/schema.ts';
import { validate } from '../../../../catalog-apiserver/schema/validate.ts';

const faultsOf = (value: unknown, schema: object): string[] =>
  validate(value, readSchema(schema, 'test'), 'spec').map((cause) => `${cause.field}: ${cause.message}`);

describe('pruning', () => {
  const schema = readSchema(
    {
      type: 'object',
      properties: {
        known: { type: 'string' },
        list: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } },
        free: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { strict: { type: 'object' } },
        },
        map: { type: 'object', additionalProperties: { type: 'object', properties: { a: { type: 'string' } } } },
      },
    },
    'test',
  );

  test('leaves out what the schema does not know and names each path', () => {
    const unknown: string[] = [];
    const value = {
      known: 'x',
      other: 1,
      list: [{ a: 'y', b: 'z' }],
      free: { anything: { goes: true }, strict: { no: 1 } },
      map: { k: { a: 'x', b: 'y' } },
    };
    expect(prune(value, schema, (path) => unknown.push(path))).toEqual({
      known: 'x',
      list: [{ a: 'y' }],
      free: { anything: { goes: true }, strict: {} },
      map: { k: { a: 'x' } },
    });
    expect(unknown).toEqual(['other', 'list[0].b', 'free.strict.no', 'map.k.b']);
  });

  test('does not take a name of Object.prototype for a known field', () => {
    expect(prune({ constructor: 1, toString: 2 }, schema, () => undefined)).toEqual({});
  });
});

describe('defaults', () => {
  const schema = readSchema(
    {
      type: 'object',
      properties: {
        mode: { type: 'string', default: 'Duration' },
        maybe: { type: 'string', default: 'x', nullable: true },
        inner: { type: 'object', default: {}, properties: { count: { type: 'integer', default: 3 } } },
        items: { type: 'array', items: { type: 'object', properties: { on: { type: 'boolean', default: true } } } },
      },
    },
    'test',
  );

  test('fill absent fields, below defaults and in lists too', () => {
    expect(applyDefaults({ items: [{}, { on: false }] }, schema)).toEqual({
      mode: 'Duration',
      maybe: 'x',
      inner: { count: 3 },
      items: [{ on: true }, { on: false }],
    });
  });

  test('replace a null only where null is not allowed', () => {
    expect(applyDefaults({ mode: null, maybe: null, inner: { count: 1 } }, schema)).toEqual({
      mode: 'Duration',
      maybe: null,
      inner: { count: 1 },
    });
  });
});

describe('validation says in the words of Kubernetes', () => {
  test.each<[string, unknown, object, string[]]>([
    ['a missing field', {}, { type: 'object', required: ['url'] }, ['spec.url: Required value']],
    [
      'a wrong type',
      5,
      { type: 'string' },
      ['spec: Invalid value: "integer": spec in body must be of type string: "integer"'],
    ],
    ['null', null, { type: 'string' }, ['spec: Invalid value: "null": spec in body must be of type string: "null"']],
    ['allowed null', null, { type: 'string', nullable: true }, []],
    [
      'a fraction',
      1.5,
      { type: 'integer' },
      ['spec: Invalid value: "number": spec in body must be of type integer: "number"'],
    ],
    [
      'an enum',
      'x',
      { type: 'string', enum: ['a', 'b'] },
      ['spec: Unsupported value: "x": supported values: "a", "b"'],
    ],
    ['a length', 'abcd', { type: 'string', maxLength: 3 }, ['spec: Too long: may not be more than 3 bytes']],
    ['characters, not code units', '😀😀', { type: 'string', maxLength: 2 }, []],
    [
      'a short text',
      '',
      { type: 'string', minLength: 1 },
      ['spec: Invalid value: "": spec in body should be at least 1 chars long'],
    ],
    [
      'a pattern',
      'A',
      { type: 'string', pattern: '^[a-z]$' },
      ['spec: Invalid value: "A": spec in body should match \'^[a-z]$\''],
    ],
    [
      'a minimum',
      -1,
      { type: 'integer', minimum: 0 },
      ['spec: Invalid value: -1: spec in body should be greater than or equal to 0'],
    ],
    [
      'an exclusive maximum',
      5,
      { type: 'integer', maximum: 5, exclusiveMaximum: true },
      ['spec: Invalid value: 5: spec in body should be less than 5'],
    ],
    [
      'a multiple',
      5,
      { type: 'integer', multipleOf: 2 },
      ['spec: Invalid value: 5: spec in body should be a multiple of 2'],
    ],
    ['too many items', [1, 2], { type: 'array', maxItems: 1 }, ['spec: Too many: 2: must have at most 1 items']],
    [
      'a set with twins',
      ['a', 'b', 'a'],
      { type: 'array', 'x-kubernetes-list-type': 'set' },
      ['spec[2]: Duplicate value: "a"'],
    ],
    [
      'a list-map with twins',
      [{ type: 'A' }, { type: 'A', x: 1 }],
      { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] },
      ['spec[1]: Duplicate value: {"type":"A"}'],
    ],
    [
      'a date',
      '2026-13-01T00:00:00Z',
      { type: 'string', format: 'date-time' },
      ['spec: Invalid value: "2026-13-01T00:00:00Z": spec in body must be of type date-time: "2026-13-01T00:00:00Z"'],
    ],
    [
      'base64',
      'a b',
      { type: 'string', format: 'byte' },
      ['spec: Invalid value: "a b": spec in body must be of type byte: "a b"'],
    ],
    [
      'a number or text',
      true,
      { 'x-kubernetes-int-or-string': true },
      ['spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean"'],
    ],
  ])('%s', (_reason, value, schema, expected) => {
    expect(faultsOf(value, schema)).toEqual(expected);
  });

  test('exactly one of several, with the nearest alternative', () => {
    const schema = { type: 'object', oneOf: [{ required: ['basic'] }, { required: ['bearer'] }] };
    expect(faultsOf({ basic: {} }, schema)).toEqual([]);
    expect(faultsOf({}, schema)).toEqual([
      'spec: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid: give exactly one of basic, bearer; found none of them',
      'spec.basic: Required value',
    ]);
    expect(faultsOf({ basic: {}, bearer: {} }, schema)).toEqual([
      'spec: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives: give exactly one of basic, bearer; found basic, bearer',
    ]);
  });

  test('any of several, and none of one', () => {
    const schema = { type: 'object', allOf: [{ anyOf: [{ required: ['a'] }, { not: { required: ['b'] } }] }] };
    expect(faultsOf({}, schema)).toEqual([]);
    expect(faultsOf({ a: 1, b: 1 }, schema)).toEqual([]);
    expect(faultsOf({ b: 1 }, schema)[0]).toContain('must validate at least one schema (anyOf)');
  });

  test('a hostile value does not cost more than its limit', () => {
    const schema = { type: 'string', maxLength: 253, pattern: '^([a-z]+)+$' };
    expect(faultsOf(`${'a'.repeat(1_000_000)}!`, schema)).toEqual(['spec: Too long: may not be more than 253 bytes']);
  });

  test('no more than a hundred faults', () => {
    const value = Array.from({ length: 1_000 }, () => 'x');
    expect(faultsOf(value, { type: 'array', items: { type: 'integer' } })).toHaveLength(100);
  });
});
