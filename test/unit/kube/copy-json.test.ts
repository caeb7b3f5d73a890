import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { copyJson } from '../../../lib/kube/copy-json.ts';

describe('a copy of JSON', () => {
  test('is the same text, whatever the value', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value: unknown = JSON.parse(text);
        expect(JSON.stringify(copyJson(value))).toBe(JSON.stringify(value));
      }),
    );
  });

  test('shares nothing with the original', () => {
    const original = { list: [{ deep: 1 }] };
    const copy = copyJson(original);
    copy.list[0]!.deep = 2;
    expect(original).toEqual({ list: [{ deep: 1 }] });
  });

  test('keeps a member called __proto__ a member', () => {
    const value: unknown = JSON.parse('{"__proto__":{"polluted":true}}');
    const copy = copyJson(value) as object;
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });
});
