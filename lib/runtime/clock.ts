import { setTimeout as delay } from 'node:timers/promises';

/** Where time comes from. Everything that waits or compares times takes one, so that a test can hold time still. */
export interface Clock {
  /** Milliseconds since the epoch. For what is written down or compared with what was; the clock can be set meanwhile. */
  now(): number;
  /** Milliseconds since some moment in the past; never set, never goes back. For how long something takes or holds. */
  monotonic(): number;
  /** Resolves after `milliseconds`; rejects with the signal's reason as soon as `signal` aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    try {
      await delay(milliseconds, undefined, signal ? { signal } : {});
    } catch (thrown) {
      // Node rejects with an AbortError of its own; who waits wants to know why.
      signal?.throwIfAborted();
      throw thrown;
    }
  },
};
