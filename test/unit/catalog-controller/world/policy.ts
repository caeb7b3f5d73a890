import type { RetryPolicy } from '../../../../catalog-controller/operation/retry.ts';

/** How often and how long the controllers of the tests try. */
export const POLICY: RetryPolicy = {
  backoff: { initialMs: 1_000, maximumMs: 300_000 },
  giveUpAfterMs: 168 * 3_600_000,
  pollMaximumMs: 60_000,
};
