import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkParameters, formatParameterFaults } from '../../../lib/catalog/parameter-schema.ts';
import { endsSoon } from '../../../lib/catalog/pattern-cost.ts';
import type { JsonObject } from '../../../lib/osb/types.ts';

const schema = {
  $schema: 'http://json-schema.org/draft-04/schema#',
  type: 'object',
  additionalProperties: false,
  required: ['version'],
  properties: {
    storageGB: { type: 'integer', minimum: 1, maximum: 100 },
    ratio: { type: 'number', minimum: 0, exclusiveMinimum: true, multipleOf: 0.5 },
    version: { type: 'string', enum: ['5.7', '8.0'] },
    name: { type: 'string', minLength: 2, maxLength: 4, pattern: '^[a-z]+$' },
    users: { type: 'array', maxItems: 2, uniqueItems: true, items: { $ref: '#/definitions/user' } },
    either: { oneOf: [{ type: 'string' }, { type: 'boolean' }] },
  },
  definitions: { user: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } } },
};

function faults(parameters: JsonObject, against: JsonObject = schema): string {
  const check = checkParameters(against, parameters);
  return check.kind === 'invalid' ? formatParameterFaults(check.faults) : check.kind;
}

describe('parameters are checked against the schema of the plan', () => {
  test.each<[string, JsonObject, string]>([
    ['good ones', { version: '5.7', storageGB: 20 }, 'valid'],
    ['a missing one', {}, 'parameters must have "version"'],
    ['zero', { version: '5.7', storageGB: 0 }, 'storageGB must be at least 1'],
    ['too much', { version: '5.7', storageGB: 1e9 }, 'storageGB must be at most 100'],
    ['a text for a number', { version: '5.7', storageGB: '20' }, 'storageGB must be an integer'],
    [
      'an unquoted version',
      { version: 5.7 },
      'version must be a string: write it in quotes, YAML reads it as a number otherwise; version must be one of "5.7" or "8.0"',
    ],
    ['an unknown version', { version: '9' }, 'version must be one of "5.7" or "8.0"'],
    ['an unknown parameter', { version: '5.7', size: 1 }, 'size is not a parameter of this plan'],
    ['what must be greater', { version: '5.7', ratio: 0 }, 'ratio must be greater than 0'],
    ['what is no multiple', { version: '5.7', ratio: 0.7 }, 'ratio must be a multiple of 0.5'],
    ['a short text', { version: '5.7', name: 'a' }, 'name must have at least 2 characters'],
    ['a text of other characters', { version: '5.7', name: 'A1' }, 'name must match the pattern ^[a-z]+$'],
    ['what is wrong deep inside', { version: '5.7', users: [{ name: 'a' }, {}] }, 'users[1] must have "name"'],
    [
      'too many',
      { version: '5.7', users: [{ name: 'a' }, { name: 'a' }, { name: 'b' }] },
      'users must have at most 2 items; users must not have the same item twice',
    ],
    [
      'no alternative',
      { version: '5.7', either: 1 },
      'either must fit exactly one of the alternatives of the schema; either must be a string: write it in quotes, YAML reads it as a number otherwise; either must be a boolean',
    ],
  ])('%s', (_what, parameters, message) => {
    expect(faults(parameters)).toBe(message);
  });

  test('by the draft the schema says it is', () => {
    const later = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: { a: { exclusiveMinimum: 3 } },
      unevaluatedProperties: false,
    };
    expect(faults({ a: 3, b: 1 }, later)).toBe('a must be greater than 3; b is not a parameter of this plan');
    expect(
      faults({ a: 4 }, { $schema: 'http://json-schema.org/draft-07/schema#', properties: { a: { const: 3 } } }),
    ).toBe('a must be 3');
  });

  test('and without a schema everything is good', () => {
    expect(checkParameters(undefined, { anything: 1 })).toEqual({ kind: 'valid' });
  });

  test('and no message holds a value of theirs', () => {
    const secret = 's3cret-value';
    const parameters = { version: secret, name: secret, storageGB: secret, users: secret, either: 1, [`x`]: secret };
    expect(faults(parameters)).not.toContain(secret);
  });

  test('and the schema is left as it was', () => {
    const before = JSON.stringify(schema);
    faults({ users: [{}] });
    expect(JSON.stringify(schema)).toBe(before);
  });
});

describe('a schema that cannot be used is left to the broker', () => {
  const doubling = Object.fromEntries(
    Array.from({ length: 30 }, (_none, index) => [
      `a${index}`,
      { allOf: [{ $ref: `#/definitions/a${index + 1}` }, { $ref: `#/definitions/a${index + 1}` }] },
    ]),
  );

  test.each<[string, JsonObject, string]>([
    ['one that refers to itself', { $ref: '#' }, 'it refers to itself'],
    [
      'one that refers to itself below a property',
      { definitions: { n: { properties: { n: { $ref: '#/definitions/n' } } } }, $ref: '#/definitions/n' },
      'it refers to itself',
    ],
    [
      'one that doubles thirty times',
      { $ref: '#/definitions/a0', definitions: { ...doubling, a30: {} } },
      'it is too large',
    ],
    ['one that refers elsewhere', { $ref: 'http://example.com/x' }, 'it refers to another document'],
    ['one that refers to nothing', { $ref: '#/definitions/x' }, 'it refers to what is not in it'],
    [
      'one with a pattern that explodes',
      { properties: { a: { pattern: '^(a+)+$' } } },
      'it has a pattern that may take very long',
    ],
    [
      'one with a pattern that is none',
      { properties: { a: { type: 'string', pattern: '[' } } },
      'it is not a valid JSON Schema',
    ],
    ['one with an unknown type', { type: 'nonsense' }, 'it has an unknown type'],
    ['one that nests without end', nested(100), 'it nests too deeply'],
    ['one that is nothing the validator knows', { properties: { a: { enum: 5 } } }, 'it is not a valid JSON Schema'],
  ])('%s', (_what, against, why) => {
    expect(checkParameters(against, { a: 'x' })).toEqual({ kind: 'unchecked', why });
  });

  test('one that compares too many items', () => {
    const against = { properties: { a: { uniqueItems: true } } };
    const check = checkParameters(against, { a: Array.from({ length: 5_000 }, (_none, index) => ({ index })) });
    expect(check).toEqual({ kind: 'unchecked', why: 'it is too large for these parameters' });
  });

  function nested(depth: number): JsonObject {
    let inner: JsonObject = { type: 'object' };
    for (let level = 0; level < depth; level += 1) inner = { properties: { a: inner } };
    return inner;
  }
});

describe('a pattern', () => {
  test.each([
    ['^[a-z]+$', 100, true],
    ['^\\d+\\.\\d+\\.\\d+$', 20, true],
    ['^[a-z]{1,16}$', 100_000, true],
    ['^(abc)?x$', 1_000, true],
    ['^[a-z]+$', 1_000_000, false],
    ['(a*)*', 10, false],
    ['(a|a)*', 10, false],
    ['(a?b?)+', 10, false],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 30, false],
    ['(a{1,30}){1,30}', 10, false],
    ['a*a*a*a*a*a*b', 100, false],
    ['(a)\\1', 10, false],
    ['(?=a+)b', 10, false],
    ['(?<name>a)', 10, false],
    ['(', 10, false],
    ['a{0,16}a{0,16}a{0,16}a{0,16}a{0,16}a{0,16}a{0,16}b', 10, false],
  ])('%s on %d characters is known to end soon: %j', (pattern, length, known) => {
    expect(endsSoon(pattern, length)).toBe(known);
  });

  test('is not looked into when it is very long', () => {
    expect(endsSoon('x'.repeat(2_000), 10)).toBe(false);
  });

  test('that is known to end soon does', () => {
    const piece = fc.constantFrom(
      'a',
      '[ab]',
      '(?:a)',
      '(ab)',
      'a*',
      'a+',
      'a?',
      '(a|b)',
      '(a*)',
      '*',
      '+',
      '{2,5}',
      '{3,}',
      '(',
      ')',
      '|',
      '?',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const pattern = pieces.join('');
        const text = `${'a'.repeat(60)}!`;
        if (!endsSoon(pattern, text.length)) return;
        let expression: RegExp;
        try {
          expression = new RegExp(`${pattern}$`, 'u');
        } catch {
          return;
        }
        // A pattern that explodes would make this test hang.
        expression.test(text);
      }),
      { numRuns: 2_000 },
    );
  });
});
