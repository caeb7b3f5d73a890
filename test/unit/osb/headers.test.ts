import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OsbError } from '../../../lib/osb/errors.ts';
import {
  encodeOriginatingIdentity,
  parseApiVersion,
  parseOriginatingIdentity,
  parseRequestIdentity,
  parseRetryAfter,
} from '../../../lib/osb/headers.ts';

function errorOf(action: () => unknown): { status: number; error: string } | undefined {
  try {
    action();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof OsbError)) throw thrown;
    return { status: thrown.status, error: thrown.error };
  }
}

describe('the API version', () => {
  test.each([
    ['2.13', 13],
    ['2.17', 17],
    ['2.99', 99],
    [' 2.14 ', 14],
  ])('%p is spoken', (header, minor) => {
    expect(parseApiVersion(header)).toEqual({ major: 2, minor });
  });

  test.each([
    undefined,
    '',
    '2',
    '2.12',
    '2.2',
    '1.13',
    '3.0',
    '3.17',
    'v2.17',
    '2.17.1',
    '2.1e1',
    '2.-13',
    '2.999999',
  ])('%p is refused with 412', (header) => {
    expect(errorOf(() => parseApiVersion(header))).toEqual({ status: 412, error: 'ApiVersionNotSupported' });
  });
});

describe('the originating identity', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
        expect(parseOriginatingIdentity(encodeOriginatingIdentity({ platform: 'kubernetes', value: plain }))).toEqual({
          platform: 'kubernetes',
          value: plain,
        });
      }),
    );
  });

  test('is absent without the header', () => {
    expect(parseOriginatingIdentity(undefined)).toBeUndefined();
  });

  test.each([
    '',
    'kubernetes',
    'kubernetes e30= e30=',
    'kubernetes %%%',
    `kubernetes ${Buffer.from('[]').toString('base64')}`,
    `kubernetes ${Buffer.from('{').toString('base64')}`,
    `kubernetes ${'A'.repeat(12_000)}`,
  ])('%p is refused with 400', (header) => {
    expect(errorOf(() => parseOriginatingIdentity(header))).toEqual({ status: 400, error: 'BadRequest' });
  });
});

test('a request identity that would forge a log line is not taken', () => {
  expect(parseRequestIdentity('e26cee84-6b38-4456-b34e-d1a9f002c956')).toBe('e26cee84-6b38-4456-b34e-d1a9f002c956');
  for (const header of [undefined, '', 'a b', 'a\nb', 'ü', 'x'.repeat(129)]) {
    expect(parseRequestIdentity(header)).toBeUndefined();
  }
});

test('Retry-After is read in both forms and never longer than a day', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');
  expect(parseRetryAfter('5', now)).toBe(5);
  expect(parseRetryAfter('0', now)).toBe(0);
  expect(parseRetryAfter('Sat, 31 Jan 2026 12:00:30 GMT', now)).toBe(30);
  expect(parseRetryAfter('Sat, 31 Jan 2026 11:00:00 GMT', now)).toBe(0);
  expect(parseRetryAfter('9999999999', now)).toBe(86_400);
  expect(parseRetryAfter('soon', now)).toBeUndefined();
  expect(parseRetryAfter(undefined, now)).toBeUndefined();
});
