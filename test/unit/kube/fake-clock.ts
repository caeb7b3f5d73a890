import type { Clock } from '../../../lib/runtime/clock.ts';

/** A clock that stands still until it is told to go on. */
export class FakeClock implements Clock {
  readonly #start: number;
  /** Since the start. */
  #elapsed = 0;
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#start = now;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        end();
        reject(signal?.reason as Error);
      };
      const sleeper = {
        at: this.#elapsed + milliseconds,
        wake: () => {
          end();
          resolve();
        },
      };
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** Sleeps that go on. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Lets time pass; whoever wakes up on the way runs at his time. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.#elapsed + milliseconds;
    for (;;) {
      await settled();
      const next = [...this.#sleepers].sort((one, other) => one.at - other.at)[0];
      if (next === undefined || next.at > until) break;
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.wake();
    }
    this.#elapsed = until;
    await settled();
  }
}

/** Lets everything run that needs no time. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
