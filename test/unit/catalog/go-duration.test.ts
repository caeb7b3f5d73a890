import { expect, test } from '@jest/globals';
import { parseGoDuration } from '../../../lib/catalog/go-duration.ts';

test.each([
  ['15m', 900_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1_500],
  ['.5s', 500],
  ['1h0m0s', 3_600_000],
  ['250ms', 250],
  ['10us', 0.01],
  ['0', 0],
])('%s is %d ms', (text, milliseconds) => {
  expect(parseGoDuration(text)).toBeCloseTo(milliseconds);
});

test.each(['', '15', '15 m', '-1h', '1d', 'm', '1h-3m', '9999999999h', '1h '])('%j is no duration', (text) => {
  expect(parseGoDuration(text)).toBeUndefined();
});
