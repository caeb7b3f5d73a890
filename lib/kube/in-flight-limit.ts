/** Lets at most `maximum` calls run at once; the others wait in line. */
export class InFlightLimit {
  readonly #maximum: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** Runs `call` when there is room; rejects with the signal's reason if it aborts while waiting in line. */
  async run<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      return await call();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#running < this.#maximum) {
      this.#running += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const admit = (): void => {
        signal.removeEventListener('abort', leave);
        this.#running += 1;
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(admit), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(admit);
    });
  }
}
