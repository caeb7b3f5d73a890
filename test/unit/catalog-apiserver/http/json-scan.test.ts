import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { scanJson } from '../../../../catalog-apiserver/http/json-scan.ts';

describe('scanning JSON', () => {
  test('finds members that come twice, with their path', () => {
    const text = '{"a":1,"b":{"c":[{"d":1},{"d":1,"e":2,"d":3}]},"a":{"x":1}}';
    expect(scanJson(text).duplicates).toEqual(['b.c[1].d', 'a']);
  });

  test('takes names for equal that are written differently', () => {
    expect(scanJson('{"a":1,"\\u0061":2}').duplicates).toEqual(['a']);
  });

  test('does not take texts for structure', () => {
    expect(scanJson('{"a":"{\\"b\\":1,\\"b\\":2}","c":["x","x"],"d":"99999999999999999999"}')).toEqual({
      duplicates: [],
      inexact: [],
      tooDeep: false,
    });
  });

  test.each([
    ['9007199254740992', []],
    ['9007199254740993', ['9007199254740993']],
    ['-9007199254740993', ['-9007199254740993']],
    ['100000000000000000000', []],
    ['0.12345678901234567890', []],
    ['1e400', []],
  ])('tells whether %s can be kept', (number, inexact) => {
    expect(scanJson(`{"a":[${number}]}`).inexact).toEqual(inexact);
  });

  test('notices what is nested too deeply', () => {
    expect(scanJson(`${'['.repeat(200)}${']'.repeat(200)}`).tooDeep).toBe(false);
    expect(scanJson(`${'['.repeat(201)}${']'.repeat(201)}`).tooDeep).toBe(true);
  });

  test('finds nothing in what JSON.stringify wrote', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const { duplicates, tooDeep } = scanJson(JSON.stringify(value));
        expect({ duplicates, tooDeep }).toEqual({ duplicates: [], tooDeep: false });
      }),
    );
  });

  test('copes with the largest body of nothing but escapes', () => {
    const text = JSON.stringify({ a: '"'.repeat(1_500_000), b: 'x'.repeat(1_000_000) });
    expect(scanJson(text).duplicates).toEqual([]);
  });
});
