import { describe, expect, test } from '@jest/globals';
import { isTransient, toEngineError } from '../../../../../broker/engine/mysql/errors.ts';

const failure = (errno: number, code: string, message = 'something'): Error =>
  Object.assign(new Error(message), { errno, code, sql: `ALTER USER x IDENTIFIED BY 'secret'` });

describe('an error of MySQL', () => {
  test.each([
    [-111, 'ECONNREFUSED', 'retry', 'the server is down'],
    [1040, 'ER_CON_COUNT_ERROR', 'retry', 'too many connections'],
    [1205, 'ER_LOCK_WAIT_TIMEOUT', 'retry', 'a lock was held'],
    [1213, 'ER_LOCK_DEADLOCK', 'retry', 'deadlock'],
    [1290, 'ER_OPTION_PREVENTS_STATEMENT', 'retry', 'read-only during a fail-over'],
    [1045, 'ER_ACCESS_DENIED_ERROR', 'retry', "the operator can correct the administrator's password"],
    [1227, 'ER_SPECIFIC_ACCESS_DENIED_ERROR', 'fatal', 'a missing right does not come by itself'],
    [1819, 'ER_NOT_VALID_PASSWORD', 'fatal', 'the password policy'],
  ])('%d %s is %s: %s', (errno, code, disposition) => {
    expect(toEngineError('do it', failure(errno, code)).disposition).toBe(disposition);
  });

  test('carries neither the statement nor the password', () => {
    const error = toEngineError(
      'create login scu1 on main',
      failure(1064, 'ER_PARSE_ERROR', `error in your SQL syntax near 'BY 'secret''`),
    );
    expect(error.message).toBe(
      'cannot create login scu1 on main: the server does not understand the statement (error 1064)',
    );
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  test('a lock and a deadlock are worth the same statement again, a refusal is not', () => {
    expect(isTransient(failure(1213, 'ER_LOCK_DEADLOCK'))).toBe(true);
    expect(isTransient(failure(1227, 'ER_SPECIFIC_ACCESS_DENIED_ERROR'))).toBe(false);
    expect(isTransient(new Error('no number'))).toBe(false);
  });
});
