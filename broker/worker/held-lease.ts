import type { Lease } from '../store/queue.ts';

/** Somebody has ended the operation (a deletion took its place); what was begun is theirs to clean up. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

/** The lease ran out and the operation may be another worker's by now. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/** Time that only moves forward, milliseconds. */
export type MonotonicClock = () => number;

/**
 * A lease as its worker knows it. It believes in it for less long than the store does, and asks before every effect:
 * so two workers never act on one instance at once, unless a process sleeps between the question and the effect.
 */
export class HeldLease implements Lease {
  readonly operationId: string;
  readonly token: number;
  readonly #now: MonotonicClock;
  #validUntil: number;
  #unwantedSince: number | undefined;
  #lost = false;

  constructor(operationId: string, token: number, validUntil: number, now: MonotonicClock) {
    this.operationId = operationId;
    this.token = token;
    this.#validUntil = validUntil;
    this.#now = now;
  }

  /** A heartbeat succeeded. One that comes too late changes nothing: the worker has stopped believing already. */
  extend(validUntil: number, wanted: boolean): void {
    this.#lost = this.isLost;
    this.#validUntil = validUntil;
    if (!wanted) this.#unwantedSince ??= this.#now();
  }

  /** A heartbeat found the lease gone. */
  lose(): void {
    this.#lost = true;
  }

  /** Since when the operation has been ended by somebody else, on the monotonic clock. */
  get unwantedSince(): number | undefined {
    return this.#unwantedSince;
  }

  /** Whether it is believed in no more; no heartbeat brings it back. */
  get isLost(): boolean {
    return this.#lost || this.#now() >= this.#validUntil;
  }

  /** @throws SupersededError or LeaseLostError when nothing more may be done under this lease. */
  check(): void {
    if (this.isLost) throw new LeaseLostError('the lease ran out');
    if (this.#unwantedSince !== undefined) throw new SupersededError('the operation was ended by another request');
  }
}
