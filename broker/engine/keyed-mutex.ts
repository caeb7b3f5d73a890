import { EngineError } from './engine.ts';

/** One piece of work per key at a time, in the order of asking; other keys are not held up. */
export interface KeyedMutex {
  /**
   * Runs `work` when nobody else holds `key`. Rejects with a `retry` EngineError when the turn has not come after
   * `waitMs`; the work then never runs.
   */
  run<T>(key: string, waitMs: number, work: () => Promise<T>): Promise<T>;
}

/** A mutex within this process. Between processes the engines use the server's own locks. */
export function createKeyedMutex(): KeyedMutex {
  /** For each key the end of the queue: resolves when the last one who asked is done. */
  const tails = new Map<string, Promise<void>>();

  return {
    async run(key, waitMs, work) {
      const before = tails.get(key) ?? Promise.resolve();
      let finish = (): void => undefined;
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      // Whoever gives up waiting leaves its place to `before`, so that the next in line does not overtake the holder.
      const tail = before.then(() => finished);
      tails.set(key, tail);
      void tail.then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      try {
        await within(before, waitMs, key);
        return await work();
      } finally {
        finish();
      }
    },
  };
}

async function within(turn: Promise<void>, waitMs: number, key: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new EngineError(`other work on ${key} has not ended within ${waitMs} ms`, 'retry'));
    }, waitMs);
  });
  try {
    await Promise.race([turn, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
