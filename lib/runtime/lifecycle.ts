import { toError, UsageError } from './errors.ts';
import type { Logger } from './log.ts';

/** How long a program may take to stop before it is ended, milliseconds. Kubernetes gives a pod 30 s. */
const STOP_DEADLINE_MS = 20_000;

/**
 * What a program holds, in the order it took it. `stop` gives everything back in reverse order, each release tried
 * even when an earlier one failed.
 */
export class Lifecycle {
  readonly #log: Logger;
  readonly #releases: { name: string; release: () => Promise<void> | void }[] = [];
  readonly #abort = new AbortController();
  #stopping: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Aborts as soon as the program begins to stop. Long waits should end with it. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Registers how to give back something that has just been taken. */
  onStop(name: string, release: () => Promise<void> | void): void {
    this.#releases.push({ name, release });
  }

  /** Stops once, however often it is called. */
  stop(reason: string): Promise<void> {
    this.#stopping ??= this.#release(reason);
    return this.#stopping;
  }

  async #release(reason: string): Promise<void> {
    this.#log.info({ reason }, 'stopping');
    this.#abort.abort(new Error(`stopping: ${reason}`));
    for (const { name, release } of this.#releases.reverse()) {
      try {
        await release();
      } catch (thrown) {
        this.#log.warn({ part: name, err: toError(thrown) }, 'a part did not stop cleanly');
      }
    }
    this.#log.info('stopped');
  }
}

/**
 * Runs a program: `start` takes what it needs and registers it with the lifecycle; SIGTERM, SIGINT or a fault of the
 * lifecycle's owner stop it. Ends the process with 0 after a requested stop, 1 after a failed start, 2 after a
 * {@link UsageError} (whose message alone is shown).
 */
export async function runProgram(log: Logger, start: (lifecycle: Lifecycle) => Promise<void>): Promise<void> {
  const lifecycle = new Lifecycle(log);
  const stop = (reason: string, exitCode: number): void => {
    const deadline = setTimeout(() => {
      log.error('did not stop in time, ending');
      process.exit(exitCode === 0 ? 1 : exitCode);
    }, STOP_DEADLINE_MS);
    deadline.unref();
    void lifecycle.stop(reason).then(() => process.exit(exitCode));
  };
  process.once('SIGTERM', () => {
    stop('SIGTERM', 0);
  });
  process.once('SIGINT', () => {
    stop('SIGINT', 0);
  });
  try {
    await start(lifecycle);
  } catch (thrown) {
    const error = toError(thrown);
    if (error instanceof UsageError) log.fatal(error.message);
    else log.fatal({ err: error }, 'could not start');
    stop('failed start', error instanceof UsageError ? 2 : 1);
  }
}
