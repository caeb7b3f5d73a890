import { expect, test } from '@jest/globals';
import { parseStat } from '../../../bench/shared/cpu-time.ts';

test('the processor time of a process and of its children that have ended is read, whatever its program is called', () => {
  const line = '4711 (a name) R 1 2 (x) S 42 4711 4711 0 -1 4194560 5 6 7 8 100 20 3 4 20 0 1 0 99 0 0';
  expect(parseStat(line)).toEqual({ pid: 4711, parent: 42, ticks: 120, ticksOfChildren: 7 });
});
