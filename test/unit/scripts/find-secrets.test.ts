import { describe, expect, test } from '@jest/globals';
import { findSecrets, parseSecrets } from '../../../scripts/secret-search/find-secrets.ts';

const secret = { value: 'aB3xY9kLm2Qw', of: 'password of alice' };

describe('the search for leaked secrets', () => {
  test.each([
    ['as it is', `x\n{"message":"login with ${secret.value} failed"}`, false],
    ['inside a URI', `x\npostgres://alice:${secret.value}@127.0.0.1/db`, false],
    ['as the data of a Secret', `x\npassword: ${Buffer.from(secret.value).toString('base64')}`, true],
    ['inside a longer base64 text', `x\n${Buffer.from(`a:${secret.value}:b`).toString('base64')}`, true],
    [
      'inside a longer base64 text, one byte later',
      `x\n${Buffer.from(`ab:${secret.value}:b`).toString('base64')}`,
      true,
    ],
    [
      'inside a longer base64 text, two bytes later',
      `x\n${Buffer.from(`abc:${secret.value}`).toString('base64')}`,
      true,
    ],
  ])('finds one %s', (_where, text, encoded) => {
    expect(findSecrets(text, [secret])).toEqual([{ line: 2, of: secret.of, encoded }]);
  });

  test('finds one with characters that are escaped in a URL', () => {
    const odd = { value: 'p@ss/word:1', of: 'x' };
    expect(findSecrets(`mysql://u:${encodeURIComponent(odd.value)}@h`, [odd])).toHaveLength(1);
  });

  test('finds nothing in a text that only looks like it', () => {
    expect(findSecrets('aB3xY9kLm2Q aB3xY9kLm2q alice password', [secret])).toEqual([]);
  });

  test('takes each value once, and leaves out lines that were cut off and values that are found by accident', () => {
    const lines = [secret, { ...secret, of: 'again' }, { value: 'short', of: 'x' }].map((line) => JSON.stringify(line));
    expect(parseSecrets([...lines, '{"value":"cut o'].join('\n'))).toEqual([secret]);
  });
});
