import { test } from '@jest/globals';
import { toError } from '../../lib/runtime/errors.ts';

/**
 * Tests that tell one story: each begins where the one before it ended, so that after a failure the rest cannot be
 * told and fails at once. `look` says what the world is like then; it is added to the failure.
 */
export function story(look: () => Promise<string>): (name: string, tell: () => Promise<void>) => void {
  let ended: string | undefined;
  return (name, tell) => {
    test(name, async () => {
      if (ended !== undefined) throw new Error(`this was not reached: "${ended}" failed`);
      try {
        await tell();
      } catch (thrown) {
        ended = name;
        const error = toError(thrown);
        const seen = await look().catch((failure: unknown) => toError(failure).message);
        error.message = `${error.message}\n\n${seen}`;
        throw error;
      }
    });
  };
}
