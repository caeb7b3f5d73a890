import { systemClock } from '../../lib/runtime/clock.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { toError } from '../../lib/runtime/errors.ts';

export interface WaitOptions {
  /** What is waited for, for the message: `PostgreSQL on port 5432`. */
  readonly what: string;
  /** Give up after this, milliseconds. */
  readonly timeoutMs: number;
  /** Between two looks, milliseconds; 50 when absent. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Looks again and again until `look` resolves with something other than undefined; a look that throws counts as
 * "not yet". Throws after the time is up, with the last failure as cause and in the message.
 */
export async function waitUntil<T>(look: () => Promise<T | undefined>, options: WaitOptions): Promise<T> {
  const clock = options.clock ?? systemClock;
  const deadline = clock.now() + options.timeoutMs;
  let failure: Error | undefined;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
    } catch (thrown) {
      failure = toError(thrown);
    }
    if (clock.now() >= deadline) {
      const why = failure ? `: ${failure.message}` : '';
      throw new Error(`${options.what} is not there after ${options.timeoutMs / 1000} s${why}`, { cause: failure });
    }
    try {
      await clock.sleep(options.intervalMs ?? 50, options.signal);
    } catch (thrown) {
      // The reason of whoever aborted says more than "aborted".
      options.signal?.throwIfAborted();
      throw thrown;
    }
  }
}
