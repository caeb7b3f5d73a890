import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../catalog-controller/operation/failure.ts';
import type { FailedOutcome } from '../../../../catalog-controller/operation/failure.ts';

describe('what a failed call means', () => {
  test.each<[FailedOutcome, 'none' | 'unknown', string]>([
    [{ kind: 'rejected', status: 400, description: 'no' }, 'none', 'Status: 400; Description: no'],
    [
      { kind: 'rejected', status: 422, error: 'ConcurrencyError', description: 'busy' },
      'none',
      'Status: 422; ErrorMessage: ConcurrencyError; Description: busy',
    ],
    [{ kind: 'failed', status: 503 }, 'unknown', 'Status: 503'],
    [{ kind: 'timed-out', message: 'no answer in 60 s' }, 'unknown', 'no answer in 60 s'],
    [{ kind: 'unreachable', message: 'connection refused' }, 'none', 'connection refused'],
    [{ kind: 'nonsense', status: 200, message: 'not JSON' }, 'unknown', 'not JSON'],
    [{ kind: 'nonsense', message: 'cut off' }, 'unknown', 'cut off'],
    // A redirect comes instead of the work.
    [{ kind: 'nonsense', status: 302, message: 'a redirect' }, 'none', 'a redirect'],
  ])('%j', (outcome, effect, message) => {
    expect(failureOf(outcome)).toMatchObject({ effect, message });
  });

  test('is told in one line of bounded length, whatever the broker writes', () => {
    const { message } = failureOf({ kind: 'failed', status: 500, description: 'word\n'.repeat(10_000) });
    expect(message).toHaveLength(1_000);
    expect(message).not.toContain('\n');
  });
});
