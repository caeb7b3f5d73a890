import { describe, expect, test } from '@jest/globals';
import { failureOf, isRefused } from '../../../../catalog-controller/operation/failure.ts';
import { settleUpdate } from '../../../../catalog-controller/instance/settle-update.ts';
import { findCondition } from '../../../../lib/catalog/conditions.ts';
import { anInstance, observing, PROVISIONED } from '../instance/builders.ts';
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

  test('is for good when the request is refused, but not when the catalog here is not that of the broker', () => {
    const refused = (status: number, error?: string): boolean =>
      isRefused(failureOf({ kind: 'rejected', status, ...(error === undefined ? {} : { error }) }));
    expect(refused(400)).toBe(true);
    expect(refused(400, 'InvalidParameters')).toBe(true);
    expect(refused(400, 'UnknownService')).toBe(false);
    expect(refused(400, 'UnknownPlan')).toBe(false);
    expect(refused(409)).toBe(false);
  });

  test('leaves an update that the broker knows no plan for to be tried again', () => {
    const updating = observing(anInstance({ ...PROVISIONED, currentOperation: 'Update' }));
    const { status } = settleUpdate(updating, false, { kind: 'rejected', status: 400, error: 'UnknownPlan' });
    expect(status).toMatchObject({ retry: { attempts: 1 } });
    expect(findCondition(status, 'Failed')).toBeUndefined();
  });

  test('has no full stop of its own at the end of a sentence', () => {
    expect(failureOf({ kind: 'unreachable', message: 'Nobody listens.' }).message).toBe('Nobody listens');
    expect(failureOf({ kind: 'unreachable', message: 'and so on...' }).message).toBe('and so on...');
  });
});
