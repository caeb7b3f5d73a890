import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `look` returns something other than undefined or false, and returns it. Errors while looking count as
 * "not yet" (a server may be restarting). Fails after `timeoutMs` with `what` and the last thing that was seen: the
 * bound is there to end a hanging test, not to time anything.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  {
    timeoutMs = 90_000,
    everyMs = 150,
    describe,
  }: { timeoutMs?: number; everyMs?: number; describe?: () => unknown } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown = 'nothing';
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      last = seen;
    } catch (thrown) {
      last = thrown;
    }
    if (Date.now() > deadline) {
      const detail = describe ? await describe() : last;
      throw new Error(
        `gave up waiting: ${what}; last seen: ${detail instanceof Error ? detail.message : JSON.stringify(detail)}`,
      );
    }
    await delay(everyMs);
  }
}
