/** How long to wait before trying again. */
export interface Backoff {
  /** Delay after the first failure, milliseconds. */
  readonly initialMs: number;
  /** No delay is longer than this, milliseconds. */
  readonly maximumMs: number;
  /** Factor between one delay and the next; 2 when absent. */
  readonly factor?: number;
}

/**
 * The delay in milliseconds before attempt `attempt + 1`, where `attempt` counts the failures so far, from 1.
 * `random` in [0, 1) spreads the result over the upper half of the delay, so that many clients that failed together
 * do not come back together; the default 1 gives the full delay.
 */
export function delayAfter(attempt: number, backoff: Backoff, random = 1): number {
  const exponent = Math.max(0, attempt - 1);
  const full = Math.min(backoff.maximumMs, backoff.initialMs * (backoff.factor ?? 2) ** exponent);
  return Math.round(full / 2 + (full / 2) * random);
}
