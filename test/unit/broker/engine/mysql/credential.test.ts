import { expect, test } from '@jest/globals';
import { nativePasswordHash } from '../../../../../broker/engine/mysql/credential.ts';

test('the hash is the one the server makes itself', () => {
  // SELECT PASSWORD('root') on MariaDB 10.11.
  expect(nativePasswordHash('root')).toBe('*81F5E21E35407D884A6CD4A731AEBFB6AF209E1B');
});
