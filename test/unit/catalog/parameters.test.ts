import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { goJson } from '../../../lib/catalog/go-json.ts';
import { mergeParameters, parametersChecksum } from '../../../lib/catalog/parameters.ts';

const source = (key: string, text: string | undefined) => ({
  secretName: 'secret',
  key,
  value: text === undefined ? undefined : Buffer.from(text),
});

describe('JSON as Go writes it', () => {
  // Each right side was written by Go's encoding/json from the left.
  test.each([
    ['1', '1'],
    ['5.0', '5'],
    ['-0', '-0'],
    ['20000000000', '20000000000'],
    ['1e20', '100000000000000000000'],
    ['1e21', '1e+21'],
    ['0.000001', '0.000001'],
    ['1e-7', '1e-7'],
    ['1234567.89', '1234567.89'],
    ['"<a href=\\"x\\">&\\u2028\\u2029"', '"\\u003ca href=\\"x\\"\\u003e\\u0026\\u2028\\u2029"'],
    ['"\\b\\f\\n\\r\\t\\u0001\\u007f\\\\/"', '"\\u0008\\u000c\\n\\r\\t\\u0001\u007f\\\\/"'],
    ['"\\ud800x"', '"\ufffdx"'],
    ['{"z":null,"b":[1,true],"a":{"é":1,"f":2}}', '{"a":{"f":2,"é":1},"b":[1,true],"z":null}'],
    // By UTF-8 the emoji comes after U+FF5E, by UTF-16 before.
    ['{"😀":1,"～":2}', '{"～":2,"😀":1}'],
  ])('%s', (text, written) => {
    expect(goJson(JSON.parse(text))).toBe(written);
  });

  test('refuses what JSON cannot hold', () => {
    expect(() => goJson(Number.NaN)).toThrow(TypeError);
    expect(() => goJson(1n)).toThrow(TypeError);
  });
});

describe('the checksum of parameters', () => {
  test('is the SHA-256 of that JSON', () => {
    const expected = createHash('sha256').update('{"storageGB":20,"version":"5.7"}').digest('hex');
    expect(parametersChecksum({ version: '5.7', storageGB: 20 })).toBe(expected);
  });

  test('is empty without parameters', () => {
    expect(parametersChecksum({})).toBe('');
    expect(mergeParameters(undefined, [])).toEqual({ ok: true, values: {}, redacted: {}, checksum: '' });
  });
});

describe('merging parameters', () => {
  test('takes all sources, and shows nothing of what came from Secrets', () => {
    const merged = mergeParameters({ size: 1 }, [
      source('a', '{"password":{"x":"s3cret"}}'),
      source('b', '{"token":"t0ken"}'),
    ]);
    expect(merged).toMatchObject({
      ok: true,
      values: { password: { x: 's3cret' }, token: 't0ken', size: 1 },
      redacted: { password: '<redacted>', token: '<redacted>', size: 1 },
    });
  });

  test.each([
    ['between a Secret and parameters', { a: 1 }, [source('k', '{"a":2}')]],
    ['between two Secrets', undefined, [source('k', '{"a":1}'), source('l', '{"a":1}')]],
  ])('refuses a key twice %s, and says where', (_between, parameters, sources) => {
    const merged = mergeParameters(parameters, sources);
    expect(merged).toMatchObject({
      ok: false,
      message: expect.stringContaining('"a" is in key "k" of Secret "secret"'),
    });
  });

  test.each([
    ['a missing Secret or key', undefined, 'there is no key "k" of Secret "secret"'],
    ['an empty value', '', 'is not a JSON object'],
    ['a list', '["s3cret"]', 'is not a JSON object'],
    ['null', 'null', 'is not a JSON object'],
    ['broken JSON', '{"a": s3cret', 'is not a JSON object'],
  ])('refuses %s without quoting it', (_what, text, expected) => {
    const merged = mergeParameters({}, [source('k', text)]);
    expect(merged).toMatchObject({ ok: false, message: expect.stringContaining(expected) });
    expect(JSON.stringify(merged)).not.toContain('s3cret');
  });

  test('keeps a parameter named like a part of every object', () => {
    const merged = mergeParameters(undefined, [source('k', '{"__proto__":{"admin":true},"constructor":1}')]);
    expect(merged.ok && Object.keys(merged.values)).toEqual(['__proto__', 'constructor']);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
