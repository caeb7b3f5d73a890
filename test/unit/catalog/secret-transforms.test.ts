import { describe, expect, test } from '@jest/globals';
import { credentialsOf, decodeSecretData, encodeSecretData, secretData } from '../../../lib/catalog/credentials.ts';
import { transformCredentials, transformSecrets } from '../../../lib/catalog/secret-transforms.ts';
import type { SecretTransform } from '../../../lib/catalog/types.generated.ts';

const sent = { user: 'u', n: 1, o: { b: [1, 2], a: null } };
const other = new Map([['extra', Buffer.from([0xff, 0x00])]]);

function texts(transforms: SecretTransform[]): Record<string, string> {
  const transformed = transformCredentials(credentialsOf(sent), transforms, 'test-ns', ({ namespace, name }) =>
    namespace === 'other' && name === 'more' ? other : undefined,
  );
  if (!transformed.ok) throw new Error(transformed.message);
  const data = secretData(transformed.credentials);
  if (!data.ok) throw new Error(data.message);
  return Object.fromEntries(Array.from(data.data, ([key, bytes]) => [key, Buffer.from(bytes).toString('latin1')]));
}

test('a Secret holds strings as they are and everything else as compact JSON', () => {
  expect(texts([])).toEqual({ user: 'u', n: '1', o: '{"a":null,"b":[1,2]}' });
});

describe('a transform', () => {
  test.each<[string, SecretTransform[], Record<string, string>]>([
    [
      'renames a key and adds one by an expression, as the original was seen to do',
      [{ renameKey: { from: 'user', to: 'U' } }, { addKey: { key: 'k', jsonPathExpression: '{.o.b}' } }],
      { U: 'u', n: '1', o: '{"a":null,"b":[1,2]}', k: '[1 2]' },
    ],
    ['renames nothing that is not there', [{ renameKey: { from: 'x', to: 'user' } }], texts([])],
    [
      'renames over an existing key',
      [{ renameKey: { from: 'n', to: 'user' } }],
      { user: '1', o: '{"a":null,"b":[1,2]}' },
    ],
    ['adds text', [{ addKey: { key: 'user', stringValue: '' } }], { ...texts([]), user: '' }],
    ['adds bytes', [{ addKey: { key: 'bin', value: '/wA=' } }], { ...texts([]), bin: '\u00ff\u0000' }],
    [
      'prefers the expression, then the text',
      [
        { addKey: { key: 'a', jsonPathExpression: '{.n}', stringValue: 's', value: 'dg==' } },
        { addKey: { key: 'b', stringValue: 's', value: 'dg==' } },
      ],
      { ...texts([]), a: '1', b: 's' },
    ],
    [
      'adds the keys of another Secret, byte for byte',
      [{ addKeysFrom: { secretRef: { namespace: 'other', name: 'more' } } }],
      { ...texts([]), extra: '\u00ff\u0000' },
    ],
    [
      'removes keys, also such as are not there',
      [{ removeKey: { key: 'o' } }, { removeKey: { key: 'x' } }],
      { user: 'u', n: '1' },
    ],
    [
      'sees what the ones before it made',
      [{ addKey: { key: 'a', stringValue: 'x' } }, { addKey: { key: 'b', jsonPathExpression: '{.a}{.a}' } }],
      { ...texts([]), a: 'x', b: 'xx' },
    ],
  ])('%s', (_what, transforms, expected) => {
    expect(texts(transforms)).toEqual(expected);
  });

  test('that cannot be done says which, and nothing of the credentials', () => {
    expect(() => texts([{ removeKey: { key: 'n' } }, { addKey: { key: 'k', jsonPathExpression: '{.n}' } }])).toThrow(
      'secretTransforms[1]: jsonPathExpression of "k": n is not found',
    );
    expect(() => texts([{ addKeysFrom: { secretRef: { name: 'more' } } }])).toThrow(
      'there is no Secret "more" in namespace "test-ns"',
    );
  });
});

test('the Secrets to be read are known beforehand, in the namespace of the binding unless another is named', () => {
  expect(
    transformSecrets([{ addKeysFrom: { secretRef: { name: 'a' } } }, { removeKey: { key: 'k' } }], 'test-ns'),
  ).toEqual([{ namespace: 'test-ns', name: 'a' }]);
});

test('a credential that cannot be a key of a Secret is refused with what to do', () => {
  expect(secretData(credentialsOf({ 'a b': 1 }))).toMatchObject({
    ok: false,
    message: expect.stringMatching(/"a b".*renameKey/),
  });
});

test('credentials larger than a Secret are refused', () => {
  expect(secretData(credentialsOf({ a: 'x'.repeat(1_048_577) }))).toMatchObject({ ok: false });
  expect(secretData(credentialsOf({ a: 'x'.repeat(1_048_576) }))).toMatchObject({ ok: true });
});

test('data comes back from a Secret as it went in', () => {
  const data = new Map([['k', Buffer.from([0, 255, 10])]]);
  expect(decodeSecretData(encodeSecretData(data))).toEqual(data);
});
