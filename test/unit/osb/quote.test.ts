import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { quotable, redactor } from '../../../lib/osb/quote.ts';

test('text of strangers becomes one line without control characters, of bounded length', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      const result = quotable(text, 50);
      expect(result.length).toBeLessThanOrEqual(51);
      expect(result).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }),
  );
});

test('megabytes of unclosed markup are looked at once', () => {
  expect(quotable(`<html>${'<a'.repeat(1_000_000)}`, 20)).toHaveLength(21);
});

test('secrets are taken out, the longer one first', () => {
  const redact = redactor(['pass', 'password1', 'ab']);
  expect(redact('password1 and pass and ab')).toBe('<redacted> and <redacted> and ab');
});
