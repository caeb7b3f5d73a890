import { describe, expect, test } from '@jest/globals';
import { percentile, summarize } from '../../../bench/broker/statistics.ts';

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe('a percentile', () => {
  test.each([
    [upTo(100), 0.5, 50],
    [upTo(100), 0.99, 99],
    [upTo(4), 0.5, 2],
    [upTo(5), 0.5, 3],
    [upTo(10), 0.99, 10],
    [[7], 0.5, 7],
  ])('of %j at %d is a value that was measured: %d', (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });

  test('of nothing is no number', () => {
    expect(percentile([], 0.5)).toBeNaN();
  });
});

test('a summary counts by the time all operations took together, since several ran at once', () => {
  expect(summarize({ durations: [30, 10, 20, 40], elapsed: 50, cpu: 12 })).toEqual({
    count: 4,
    p50: 20,
    p99: 40,
    perSecond: 80,
    cpu: 3,
  });
});
