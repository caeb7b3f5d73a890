import { constants } from 'node:os';

/**
 * The first process of a container has no default reaction to signals: until a program has installed its own handlers,
 * which takes the time of its imports, SIGTERM would be lost and the container killed when its patience is over. This
 * ends the process for as long as nobody else listens, with the code a shell gives for that signal. It also means that
 * a second SIGTERM ends a program that is stopping, as it does outside a container.
 */
export function endOnSignalsAsFirstProcess() {
  if (process.pid !== 1) return;
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal]);
    });
  }
}
