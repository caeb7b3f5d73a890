import { expect, test } from '@jest/globals';
import { includes } from '../../../local/custom-resources.ts';

test.each([
  ['the same', { a: [{ b: 1 }] }, { a: [{ b: 1 }] }, true],
  ['with defaults that the server added', { a: [{ b: 1, c: 2 }], d: 3 }, { a: [{ b: 1 }] }, true],
  ['with another value', { a: [{ b: 2 }] }, { a: [{ b: 1 }] }, false],
  ['without a member', { a: [{}] }, { a: [{ b: 1 }] }, false],
  ['with an item less', { a: [] }, { a: [{ b: 1 }] }, false],
  ['with an item more', { a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 1 }] }, false],
  ['of another type', { a: 'x' }, { a: { b: 1 } }, false],
  ['absent', undefined, { a: 1 }, false],
])('a definition is up to date when everything wanted is in it: %s', (_what, present, wanted, expected) => {
  expect(includes(present, wanted)).toBe(expected);
});
