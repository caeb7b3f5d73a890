import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapedName, isDnsLabel, isDnsSubdomain, isSecretKey } from '../../../lib/catalog/names.ts';

describe('the name of an object made from an id', () => {
  test.each([
    ['Svc_Z1', 'z53zvcz5fzz5az1'],
    ['4f6e6cf6-ffdd-425f-a2c7-3c9258ad2468', '4f6e6cf6-ffdd-425f-a2c7-3c9258ad2468'],
    ['abcy019', 'abcy019'],
    ['az', 'az7az'],
    ['a.b-c', 'a.b-c'],
    ['.a', 'z2eza'],
    ['a.', 'az2ez'],
    ['-a-', 'z2dzaz2dz'],
    // A dot after a dot is escaped, the next one follows a letter again.
    ['a...b', 'a.z2ez.b'],
    ['a.-b', 'a.z2dzb'],
    ['a-.b', 'a-z2ezb'],
    ['a--b', 'a--b'],
    ['é/ñ', 'ze9zz2fzzf1z'],
    ['😀', 'z1f600z'],
  ])('of %j is %s', (id, name) => {
    expect(escapedName(id)).toBe(name);
  });

  test('of a long id is its beginning and the MD5 of the whole', () => {
    const id = 'a'.repeat(64);
    const md5 = createHash('md5').update(id).digest('hex');
    expect(escapedName(id)).toBe(`${'a'.repeat(30)}-${md5}`);
    expect(escapedName(id)).toHaveLength(63);
    expect(escapedName('a'.repeat(63))).toBe('a'.repeat(63));
  });

  test('of a long id does not have a dot before the dash', () => {
    expect(escapedName(`${'a'.repeat(29)}.${'b'.repeat(40)}`)).toMatch(/^a{29}-[0-9a-f]{32}$/);
  });

  test('is a name Kubernetes takes, and another one for another id', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 80 }),
        fc.string({ minLength: 1, maxLength: 80 }),
        (one, other) => {
          const id = one.toWellFormed();
          expect(isDnsSubdomain(escapedName(id))).toBe(true);
          expect(escapedName(id).length).toBeLessThanOrEqual(63);
          if (id !== other.toWellFormed()) expect(escapedName(id)).not.toBe(escapedName(other.toWellFormed()));
        },
      ),
    );
  });
});

test.each([
  ['a', true],
  ['a.b-c.d', true],
  ['A', false],
  ['a..b', false],
  ['-a', false],
  ['a_b', false],
  ['', false],
  ['a'.repeat(253), true],
  ['a'.repeat(254), false],
])('%j as the name of an object: %j', (name, valid) => {
  expect(isDnsSubdomain(name)).toBe(valid);
});

test.each([
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['a.b', false],
])('%j as the name of a namespace: %j', (name, valid) => {
  expect(isDnsLabel(name)).toBe(valid);
});

test.each([
  ['connectionString', true],
  ['a.b_c-D', true],
  ['..', false],
  ['a b', false],
  ['', false],
])('%j as the key of a Secret: %j', (key, valid) => {
  expect(isSecretKey(key)).toBe(valid);
});
