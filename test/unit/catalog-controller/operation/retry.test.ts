import { describe, expect, test } from '@jest/globals';
import {
  afterFailure,
  isPollingOver,
  pollDelay,
  withRetryText,
} from '../../../../catalog-controller/operation/retry.ts';
import type { RetryPolicy } from '../../../../catalog-controller/operation/retry.ts';

const policy: RetryPolicy = {
  backoff: { initialMs: 1_000, maximumMs: 300_000 },
  giveUpAfterMs: 604_800_000,
  pollMaximumMs: 60_000,
};
const now = Date.parse('2026-01-01T00:00:00Z');
const moment = { now, random: 1 };
const secondsOf = (retry: { nextAttemptTime: string }): number => (Date.parse(retry.nextAttemptTime) - now) / 1000;

describe('the pause after a failure', () => {
  test('doubles up to the limit, and is counted in the status', () => {
    let retry = afterFailure(undefined, moment, policy);
    const pauses = [secondsOf(retry)];
    for (let i = 0; i < 9; i += 1) {
      retry = afterFailure(retry, moment, policy);
      pauses.push(secondsOf(retry));
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    expect(retry.attempts).toBe(10);
  });

  test('is as long as the broker asks for, within an hour', () => {
    expect(secondsOf(afterFailure(undefined, moment, policy, { notBeforeMs: 90_000, code: undefined }))).toBe(90);
    expect(secondsOf(afterFailure(undefined, moment, policy, { notBeforeMs: 9e9, code: undefined }))).toBe(3600);
  });

  test('stays short while another operation of the broker is in the way', () => {
    const failure = { notBeforeMs: 0, code: 'ConcurrencyError' };
    expect(secondsOf(afterFailure({ attempts: 20 }, moment, policy, failure))).toBe(10);
  });

  test('is told', () => {
    const retry = afterFailure({ attempts: 2 }, moment, policy);
    expect(withRetryText('It failed', retry)).toBe(
      'It failed (attempt 3 failed; next attempt at 2026-01-01T00:00:04.000Z)',
    );
  });
});

describe('polling', () => {
  const since = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

  test.each([
    [0, 250],
    [1, 500],
    [10, 5_000],
    [60, 30_000],
    [600, 60_000],
  ])('after %i s waits %i ms', (elapsed, delay) => {
    expect(pollDelay(since(elapsed), moment, policy)).toBe(delay);
  });

  test('waits as long as the broker asks for', () => {
    expect(pollDelay(since(0), moment, policy, 120)).toBe(120_000);
  });

  test('ends with the limit of the plan, or after a week', () => {
    expect(isPollingOver(since(59), moment, policy, 60)).toBe(false);
    expect(isPollingOver(since(60), moment, policy, 60)).toBe(true);
    expect(isPollingOver(since(604_799), moment, policy, undefined)).toBe(false);
    expect(isPollingOver(since(604_800), moment, policy, 10_000_000)).toBe(true);
  });
});
