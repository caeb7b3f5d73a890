import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sameJson } from '../../../lib/catalog/same-json.ts';

test.each([
  [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
  [{ a: undefined }, {}, true],
  [{ a: null }, {}, false],
  [{ a: null }, { b: null }, false],
  [[1, 2], [2, 1], false],
  [[1], { 0: 1 }, false],
  [{}, [], false],
  [{ toString: 1 }, {}, false],
  [{ a: 1 }, { a: '1' }, false],
])('%j and %j: %j', (one, other, same) => {
  expect(sameJson(one, other)).toBe(same);
  expect(sameJson(other, one)).toBe(same);
});

test('a value is the same as its copy in another order', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const turned = JSON.parse(JSON.stringify(value), (_key, member: unknown) =>
        typeof member === 'object' && member !== null && !Array.isArray(member)
          ? Object.fromEntries(Object.entries(member).reverse())
          : member,
      ) as unknown;
      expect(sameJson(JSON.parse(JSON.stringify(value)), turned)).toBe(true);
    }),
  );
});
