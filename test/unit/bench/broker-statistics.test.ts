import { describe, expect, test } from '@jest/globals';
import { parseStat } from '../../../bench/broker/cpu-time.ts';
import { percentile, summarize } from '../../../bench/broker/statistics.ts';

describe('a percentile', () => {
  test('is the smallest value that at least that share of the values does not exceed', () => {
    const ten = Array.from({ length: 10 }, (_, index) => index + 1);
    expect([0.1, 0.5, 0.51, 0.99, 1].map((share) => percentile(ten, share))).toEqual([1, 5, 6, 10, 10]);
    expect(percentile([7], 0.99)).toBe(7);
  });

  test('of nothing is no number', () => {
    expect(percentile([], 0.5)).toBeNaN();
  });
});

test('a summary sorts the durations, and divides by the time on the clock and the number of operations', () => {
  expect(summarize({ durations: [30, 10, 20, 40], elapsed: 50, cpu: 12 })).toEqual({
    count: 4,
    p50: 20,
    p99: 40,
    perSecond: 80,
    cpu: 3,
  });
});

test('the processor time of a process counts its children that have ended, whatever its program is called', () => {
  const line = `4711 (a name) R 1 2 (x) S 42 4711 4711 0 -1 4194560 5 6 7 8 100 20 3 4 20 0 1 0 99 0 0`;
  expect(parseStat(line)).toEqual({ pid: 4711, parent: 42, ticks: 127 });
});
