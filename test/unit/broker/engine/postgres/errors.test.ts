import { describe, expect, test } from '@jest/globals';
import { EngineError } from '../../../../../broker/engine/engine.ts';
import { isTransient, toEngineError } from '../../../../../broker/engine/postgres/errors.ts';

const failure = (code: string | undefined, message = 'something', more: object = {}): Error =>
  Object.assign(new Error(message), code === undefined ? more : { code, ...more });

describe('an error of PostgreSQL', () => {
  test.each([
    ['ECONNREFUSED', 'retry', 'the server is down'],
    ['57P01', 'retry', 'it is stopping'],
    ['57014', 'retry', 'a statement took too long'],
    ['53300', 'retry', 'too many connections'],
    ['53100', 'retry', 'the disk is full until somebody makes room'],
    ['40P01', 'retry', 'deadlock'],
    ['55P03', 'retry', 'a lock was held'],
    ['28P01', 'retry', "the operator can correct the administrator's password"],
    ['42501', 'fatal', 'a missing right does not come by itself'],
    ['3D000', 'fatal', 'no such database'],
    ['XX000', 'fatal', 'an internal error'],
  ])('%s is %s: %s', (code, disposition) => {
    expect(toEngineError('do it', failure(code))).toMatchObject({ disposition, code });
  });

  test('administrators that met on one row try again', () => {
    const met = failure('XX000', 'tuple concurrently updated');
    expect(isTransient(met)).toBe(true);
    expect(toEngineError('do it', met).disposition).toBe('retry');
    expect(isTransient(failure('XX000', 'cache lookup failed'))).toBe(false);
  });

  test.each([
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'timeout expired',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
  ])('the driver says "%s" without a code: retry', (message) => {
    expect(toEngineError('do it', failure(undefined, message)).disposition).toBe('retry');
  });

  test('says what was being done and never quotes the statement', () => {
    const error = toEngineError(
      'create login scu1 on main',
      failure('42601', `syntax error at or near "SCRAM-SHA-256$4096:secret"`),
    );
    expect(error.message).toBe(
      'cannot create login scu1 on main: the server does not understand the statement (SQLSTATE 42601)',
    );
    expect(JSON.stringify(error) + String(error.cause)).not.toContain('secret');
  });

  test('names what keeps a role from being dropped', () => {
    const error = toEngineError('drop it', failure('2BP01', 'role is used', { detail: 'owner of table t' }));
    expect(error.message).toBe('cannot drop it: role is used (owner of table t)');
  });

  test('an EngineError stays itself', () => {
    const error = new EngineError('as it is', 'fatal');
    expect(toEngineError('do it', error)).toBe(error);
  });
});
