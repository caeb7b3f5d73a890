import { expect, test } from '@jest/globals';
import { repeatWhileTransient } from '../../../../broker/engine/transient.ts';

const passing = new Error('passes by itself');
const isTransient = (error: unknown): boolean => error === passing;

test('what passes by itself is repeated until it succeeds, with a look at what was in the way', async () => {
  let attempts = 0;
  const seen: unknown[] = [];
  const result = await repeatWhileTransient(
    async () => {
      attempts += 1;
      if (attempts < 3) throw passing;
      return attempts;
    },
    isTransient,
    async (error) => {
      seen.push(error);
    },
  );
  expect(result).toBe(3);
  expect(seen).toEqual([passing, passing]);
});

test('anything else fails at once', async () => {
  let attempts = 0;
  const work = repeatWhileTransient(async () => {
    attempts += 1;
    throw new Error('stays');
  }, isTransient);
  await expect(work).rejects.toThrow('stays');
  expect(attempts).toBe(1);
});

test('it gives up after a bounded number of attempts', async () => {
  let attempts = 0;
  const work = repeatWhileTransient(async () => {
    attempts += 1;
    throw passing;
  }, isTransient);
  await expect(work).rejects.toBe(passing);
  expect(attempts).toBe(6);
});
