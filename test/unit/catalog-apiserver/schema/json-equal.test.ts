import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonEqual } from '../../../../catalog-apiserver/schema/json-equal.ts';

test('two values are equal exactly when their texts are, keys sorted', () => {
  const sorted = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([one], [other]) => (one < other ? -1 : 1))
            .map(([key, part]) => [key, sorted(part)]),
        )
      : Array.isArray(value)
        ? value.map(sorted)
        : value;
  const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: true });
  fc.assert(
    fc.property(json, json, (left, right) => {
      expect(jsonEqual(left, right)).toBe(JSON.stringify(sorted(left)) === JSON.stringify(sorted(right)));
      expect(jsonEqual(left, structuredClone(left))).toBe(true);
    }),
  );
});

test('an undefined member is an absent one, and null is neither', () => {
  expect(jsonEqual({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(jsonEqual({ a: null }, {})).toBe(false);
  expect(jsonEqual([undefined], [])).toBe(false);
  expect(jsonEqual([], {})).toBe(false);
});
