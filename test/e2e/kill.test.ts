import { expect, test } from '@jest/globals';
import { killOnStack } from '../support/kill-on-stack.ts';
import { sharedStack } from '../support/shared-stack.ts';

/** `KILL_SEED=123 npm run test:e2e -- kill` repeats a run. The long version is `npm run soak -- kill`. */
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);

test(`5 kills at random moments lose nothing and leave nothing behind (KILL_SEED=${seed})`, async () => {
  const report = await killOnStack(await sharedStack(), { kills: 5, seed, report: () => undefined });
  expect(report.faults).toEqual([]);
});
