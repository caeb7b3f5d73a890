import type { Retry } from '../../lib/catalog/types.generated.ts';
import { delayAfter } from '../../lib/runtime/backoff.ts';
import type { Backoff } from '../../lib/runtime/backoff.ts';

/** How failed work is tried again. */
export interface RetryPolicy {
  readonly backoff: Backoff;
  /** After so long, work other than deletion is given up until the spec changes, milliseconds. */
  readonly giveUpAfterMs: number;
  /** Polling grows no slower than this, milliseconds. */
  readonly pollMaximumMs: number;
}

/** The time of a pass and its dice: the only sources of either in a decision. */
export interface Moment {
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

/** While another operation of the broker is in the way, there is no reason to back off far, milliseconds. */
const CONCURRENCY_MAXIMUM_MS = 10_000;

/** What one GET tells, such as that a Secret is out of the way, is looked at again after this at the latest, milliseconds. */
export const CHEAP_LOOK_MAXIMUM_MS = 10_000;

/** Many brokers that answer 202 are done in less than a second, and somebody waits, milliseconds. */
const FIRST_POLL_MS = 250;

/** Nothing is postponed for longer than this because a broker asked for it, milliseconds. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** The `retry` of the status after one more failure. It is stored, so that a restart changes nothing. */
export function afterFailure(
  previous: Retry | undefined,
  moment: Moment,
  policy: RetryPolicy,
  failure?: { readonly notBeforeMs: number; readonly code: string | undefined },
): Required<Retry> {
  return nextAfter({ attempts: (previous?.attempts ?? 0) + 1 }, moment, policy, failure);
}

/** The `retry` that schedules the next attempt without counting one more. */
export function nextAfter(
  counted: Retry | undefined,
  moment: Moment,
  policy: RetryPolicy,
  failure?: { readonly notBeforeMs: number; readonly code: string | undefined },
): Required<Retry> {
  const attempts = Math.max(1, counted?.attempts ?? 1);
  const backoff = delayAfter(attempts, policy.backoff, moment.random);
  const delay = failure?.code === 'ConcurrencyError' ? Math.min(backoff, CONCURRENCY_MAXIMUM_MS) : backoff;
  const asked = Math.min(failure?.notBeforeMs ?? 0, LONGEST_RETRY_AFTER_MS);
  return { attempts, nextAttemptTime: new Date(moment.now + Math.max(delay, asked)).toISOString() };
}

/** `message` with what comes next: nothing waits without saying for what. */
export function withRetryText(message: string, retry: Required<Retry>): string {
  return `${message} (attempt ${retry.attempts} failed; next attempt at ${retry.nextAttemptTime})`;
}

/** When the next attempt may be made, milliseconds; undefined when none is scheduled. */
export function nextAttemptAt(retry: Retry | undefined): number | undefined {
  if (retry?.nextAttemptTime === undefined) return undefined;
  const time = Date.parse(retry.nextAttemptTime);
  return Number.isNaN(time) ? 0 : time;
}

/** Whether work that began at `startTime` (RFC 3339) is to be given up. */
export function isPastGiveUp(startTime: string | undefined, moment: Moment, policy: RetryPolicy): boolean {
  return startTime !== undefined && moment.now - Date.parse(startTime) >= policy.giveUpAfterMs;
}

/**
 * The pause before the next poll of an operation that began at `startTime`, milliseconds: half of what has passed, so
 * that polling is quick at first, needs no counter and survives a restart. The broker's Retry-After wins when longer.
 */
export function pollDelay(
  startTime: string | undefined,
  moment: Moment,
  policy: RetryPolicy,
  retryAfterSeconds = 0,
): number {
  const elapsed = startTime === undefined ? 0 : Math.max(0, moment.now - Date.parse(startTime));
  const own = Math.min(policy.pollMaximumMs, Math.max(FIRST_POLL_MS, elapsed / 2));
  return Math.round(Math.max(own, Math.min(retryAfterSeconds * 1000, LONGEST_RETRY_AFTER_MS)));
}

/** Whether the plan's or the controller's limit on one asynchronous operation is exceeded. */
export function isPollingOver(
  startTime: string | undefined,
  moment: Moment,
  policy: RetryPolicy,
  maximumPollingSeconds: number | undefined,
): boolean {
  const limit = Math.min(policy.giveUpAfterMs, (maximumPollingSeconds ?? Infinity) * 1000);
  return startTime !== undefined && moment.now - Date.parse(startTime) >= limit;
}
