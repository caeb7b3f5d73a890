import { delayAfter } from '../../lib/runtime/backoff.ts';
import { systemClock } from '../../lib/runtime/clock.ts';

const ATTEMPTS = 6;
const BACKOFF = { initialMs: 25, maximumMs: 800 };

/**
 * Runs `work`, and again while it fails with something that passes by itself within a second (two administrators met
 * on one row of a catalogue). The work must be idempotent. `before` runs ahead of each repetition.
 */
export async function repeatWhileTransient<T>(
  work: () => Promise<T>,
  isTransient: (error: unknown) => boolean,
  before: (error: unknown) => Promise<void> = async () => undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isTransient(error)) throw error;
      await systemClock.sleep(delayAfter(attempt, BACKOFF, Math.random()));
      await before(error);
    }
  }
}
