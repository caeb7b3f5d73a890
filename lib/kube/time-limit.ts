import type { Clock } from '../runtime/clock.ts';
import { toError } from '../runtime/errors.ts';

/** Made once: an abort without a reason makes an error with a stack for each. */
const IN_TIME = new Error('the call has ended in time');

/**
 * Runs `call` for at most `milliseconds`. When they are over, or when `outer` aborts, the signal it was given aborts and
 * the result rejects at once, whether or not the call heeds the signal.
 */
export async function withTimeLimit<T>(
  clock: Clock,
  milliseconds: number,
  outer: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer.throwIfAborted();
  const limit = new AbortController();
  const over = Promise.withResolvers<never>();
  const end = (reason: unknown): void => {
    limit.abort(reason);
    over.reject(toError(reason));
  };
  const abort = (): void => {
    end(outer.reason);
  };
  outer.addEventListener('abort', abort, { once: true });
  const timer = new AbortController();
  clock.sleep(milliseconds, timer.signal).then(
    () => {
      end(new Error(`no answer within ${milliseconds} ms`));
    },
    () => undefined,
  );
  try {
    return await Promise.race([call(limit.signal), over.promise]);
  } finally {
    timer.abort(IN_TIME);
    outer.removeEventListener('abort', abort);
  }
}
