import { expect, test } from '@jest/globals';
import {
  authenticateBasic,
  basicAuthorization,
  parseBasicAuthorization,
  secretsEqual,
} from '../../../lib/osb/basic-auth.ts';

const users = [
  { username: 'catalog', password: 'pä:ss wörd', platform: 'one' },
  { username: 'other', password: 'secret', platform: 'two' },
  { username: 'open', password: '', platform: 'three' },
];

test('each user is known by user name and password together', () => {
  for (const user of users.slice(0, 2)) expect(authenticateBasic(basicAuthorization(user), users)).toBe(user);
  expect(authenticateBasic(basicAuthorization({ username: 'catalog', password: 'secret' }), users)).toBeUndefined();
  expect(authenticateBasic(basicAuthorization({ username: 'Other', password: 'secret' }), users)).toBeUndefined();
});

test('an empty password is never enough', () => {
  expect(authenticateBasic(basicAuthorization({ username: 'open', password: '' }), users)).toBeUndefined();
  expect(authenticateBasic(undefined, users)).toBeUndefined();
});

test.each(['', 'Basic', 'Basic !!!', 'Bearer abc', `Basic ${Buffer.from('nocolon').toString('base64')}`])(
  'the header %p holds no credentials',
  (header) => {
    expect(parseBasicAuthorization(header)).toBeUndefined();
  },
);

test('secrets of different lengths are compared too', () => {
  expect(secretsEqual('a', 'a')).toBe(true);
  expect(secretsEqual('a', 'aa')).toBe(false);
  expect(secretsEqual('', '')).toBe(true);
});
