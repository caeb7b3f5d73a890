import type { Clock } from '../../lib/runtime/clock.ts';
import type { Database } from '../store/database.ts';
import type { Notifications } from '../store/notifications.ts';
import { findOperation } from '../store/operations.ts';
import type { OperationRecord } from '../store/records.ts';
import type { Begun } from './begun.ts';

/** A missed NOTIFY delays an answer by no more than this. */
const POLL_MS = 1_000;

/** Lets requests wait for the end of an operation, whichever process runs it. */
export class OperationEnds {
  readonly #database: Database;
  readonly #notifications: Notifications;
  readonly #clock: Clock;

  constructor(database: Database, notifications: Notifications, clock: Clock) {
    this.#database = database;
    this.#notifications = notifications;
    this.#clock = clock;
  }

  /** The operation once it has ended, or as it is after `timeoutMs`. Rejects when the signal aborts. */
  async wait({ operation, handedOver }: Begun, timeoutMs: number, signal: AbortSignal): Promise<OperationRecord> {
    const deadline = this.#clock.now() + timeoutMs;
    if (handedOver !== undefined) {
      const ended = await this.#first(handedOver.succeeded, timeoutMs, signal);
      if (ended === true) return { ...operation, state: 'succeeded' };
      signal.throwIfAborted();
    }
    for (;;) {
      const ended = new AbortController();
      const listener = (id: string | undefined): void => {
        if (id === undefined || id === operation.id) ended.abort();
      };
      // Listen first and look then: an end between the two is not missed.
      this.#notifications.on('ended', listener);
      try {
        const current = (await findOperation(this.#database, operation.id)) ?? operation;
        const left = deadline - this.#clock.now();
        if (current.state !== 'in progress' || left <= 0) return current;
        await this.#clock
          .sleep(Math.min(left, POLL_MS), AbortSignal.any([ended.signal, signal]))
          .catch(() => undefined);
      } finally {
        this.#notifications.off('ended', listener);
      }
      signal.throwIfAborted();
    }
  }

  /**
   * Undefined when the time is over or the signal has aborted before. Every request waits here, mostly for a moment: so
   * with a bare timer, since to abort a sleep of the clock takes longer than all else that waiting takes.
   */
  async #first<T>(promise: Promise<T>, timeoutMs: number, signal: AbortSignal): Promise<T | undefined> {
    const { promise: over, resolve } = Promise.withResolvers<undefined>();
    const giveUp = (): void => {
      resolve(undefined);
    };
    const timer = setTimeout(giveUp, timeoutMs);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    try {
      return await Promise.race([promise, over]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
  }
}
