import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Cipher } from '../../../../broker/store/cipher.ts';

const k1 = { label: 'k1', key: randomBytes(32) };
const k2 = { label: 'k2', key: randomBytes(32) };
const place = { table: 'bindings', row: 'b', column: 'password' };

describe('a stored secret', () => {
  test('has the form label:nonce:ciphertext:tag and comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const stored = new Cipher([k1]).encrypt(text, place);
        expect(stored).toMatch(/^k1:[A-Za-z0-9+/]{16}:[A-Za-z0-9+/=]*:[A-Za-z0-9+/]{22}==$/);
        expect(new Cipher([k1]).decrypt(stored, place)).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  test('differs each time, so that equal secrets are not seen to be equal', () => {
    const cipher = new Cipher([k1]);
    expect(cipher.encrypt('same', place)).not.toBe(cipher.encrypt('same', place));
  });

  test('is read with an older key after another came to the front, and refused without it', () => {
    const stored = new Cipher([k1]).encrypt('secret', place);
    const rotated = new Cipher([k2, k1]);
    expect(rotated.decrypt(stored, place)).toBe('secret');
    expect(rotated.encrypt('secret', place)).toMatch(/^k2:/);
    expect(() => new Cipher([k2]).decrypt(stored, place)).toThrow(/no encryption key "k1"/);
  });

  test('is refused in another row, column or table, and when a bit of it was changed', () => {
    const cipher = new Cipher([k1]);
    const stored = cipher.encrypt('secret', place);
    for (const elsewhere of [
      { ...place, row: 'c' },
      { ...place, column: 'x' },
      { ...place, table: 'x' },
      { table: 'bindings","b', row: '', column: 'password' },
    ]) {
      expect(() => cipher.decrypt(stored, elsewhere)).toThrow(/does not match/);
    }
    const [label, nonce, , tag] = stored.split(':');
    expect(() => cipher.decrypt(`${label}:${nonce}:AAAAAAAA:${tag}`, place)).toThrow(/does not match/);
    expect(() => cipher.decrypt('secret', place)).toThrow(/label:nonce:ciphertext:tag/);
  });
});
