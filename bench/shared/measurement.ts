import { toError, UsageError } from '../../lib/runtime/errors.ts';

/**
 * Runs a measurement and prints its report. A signal ends it early, after it has cleaned up; its exit code tells.
 * `work` gets the signal and a promise that rejects when that aborts, for what cannot be told otherwise.
 */
export async function runMeasurement(
  work: (signal: AbortSignal, aborted: Promise<never>) => Promise<string>,
): Promise<void> {
  const stopping = new AbortController();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  aborted.catch(() => undefined);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      stopping.abort(new UsageError(`ended by ${signal}`));
      reject(toError(stopping.signal.reason));
    });
  }
  try {
    console.log(await work(stopping.signal, aborted));
  } catch (thrown) {
    console.error(thrown instanceof UsageError ? thrown.message : thrown);
    process.exitCode = thrown instanceof UsageError ? 2 : 1;
  }
}

/** The value of an option that must be a whole number from `least` to `greatest`. @throws UsageError */
export function count(name: string, text: string, greatest: number, least = 1): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= greatest) return number;
  throw new UsageError(`${name} must be a number from ${least} to ${greatest}, not "${text}"`);
}
