import { expect, test } from '@jest/globals';
import { OSB_ERRORS, OsbError } from '../../../lib/osb/errors.ts';

test("the specification's own errors have its names and its status", () => {
  for (const code of ['AsyncRequired', 'ConcurrencyError', 'RequiresApp', 'MaintenanceInfoConflict'] as const) {
    expect(OSB_ERRORS[code].status).toBe(422);
  }
});

test('every error is one word in camel case with a status and a sentence', () => {
  for (const [code, kind] of Object.entries(OSB_ERRORS)) {
    expect(code).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(kind.status).toBeGreaterThanOrEqual(400);
    expect(kind.meaning).toMatch(/\.$/);
  }
});

test('an error becomes the body of an answer', () => {
  const error = new OsbError('Conflict', 'An instance with this id exists already with plan "small".');
  expect(error.status).toBe(409);
  expect(error.toBody()).toEqual({
    error: 'Conflict',
    description: 'An instance with this id exists already with plan "small".',
  });
  expect(new OsbError('InvalidParameters', 'x', { instanceUsable: true, updateRepeatable: false }).toBody()).toEqual({
    error: 'InvalidParameters',
    description: 'x',
    instance_usable: true,
    update_repeatable: false,
  });
});

test('410 has an empty object, as the specification asks', () => {
  expect(new OsbError('Gone', 'no such instance').toBody()).toEqual({});
});

test('the cause stays with the error and out of the answer', () => {
  const error = new OsbError('Unavailable', 'The server is not reachable.', {
    cause: new Error('password hunter2'),
    retryAfterSeconds: 5,
  });
  expect(error.cause).toBeInstanceOf(Error);
  expect(error.retryAfterSeconds).toBe(5);
  expect(JSON.stringify(error.toBody())).not.toContain('hunter2');
});
