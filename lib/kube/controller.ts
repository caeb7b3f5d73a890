import type { Backoff } from '../runtime/backoff.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Clock } from '../runtime/clock.ts';
import { toError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { isConflict } from './client.ts';
import type { Change, Informer } from './informer.ts';
import type { KubeObject } from './objects.ts';
import { WorkQueue } from './work-queue.ts';
import type { QueueObserver } from './work-queue.ts';

/** How a reconcile ends. */
export type Result =
  /** The world is as it should be until something changes. */
  | { readonly type: 'done' }
  /** Look again at this time (milliseconds since the epoch), or earlier when something changes. */
  | { readonly type: 'again'; readonly at: number }
  /** It failed in a way that may pass: again after the back-off. */
  | { readonly type: 'retry'; readonly error: Error }
  /** It failed in a way that trying again cannot mend: not before something changes. */
  | { readonly type: 'give-up'; readonly error: Error };

export const DONE: Result = { type: 'done' };
export const again = (at: number): Result => ({ type: 'again', at });
export const retry = (error: Error): Result => ({ type: 'retry', error });
export const giveUp = (error: Error): Result => ({ type: 'give-up', error });

/** One kind of object whose changes bring work. */
export interface Source {
  /** Resolves when the copy can be trusted. */
  waitForSync(signal: AbortSignal): Promise<void>;
  /** Hands every key that a change concerns to `add`. Returns how to end that. */
  subscribe(add: (key: string) => void): () => void;
}

/**
 * The changes of an informer as a source. `keysOf` names the keys to reconcile for a change; without it, the object's
 * own.
 */
export function changesOf<T extends KubeObject>(
  informer: Informer<T>,
  keysOf: (change: Change<T>) => Iterable<string> = (change) => [change.key],
): Source {
  return {
    waitForSync: (signal) => informer.waitForSync(signal),
    subscribe: (add) =>
      informer.onChange((change) => {
        for (const key of keysOf(change)) add(key);
      }),
  };
}

/** An informer whose copy has to be there before anything is decided, and whose changes wake nothing by themselves. */
export function copyOf<T extends KubeObject>(informer: Informer<T>): Source {
  return { waitForSync: (signal) => informer.waitForSync(signal), subscribe: () => () => undefined };
}

export interface ControllerOptions {
  readonly name: string;
  readonly sources: readonly Source[];
  /**
   * Brings the world one step nearer to what the object with this key asks for. What it throws counts as `retry`. It
   * should end soon after `signal` aborts, which it does when the program has waited long enough while stopping.
   */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<Result>;
  readonly log: Logger;
  /** See {@link WorkQueue}. */
  readonly groupOf?: (key: string) => string;
  /** 5 when absent. */
  readonly concurrencyPerGroup?: number;
  readonly backoff?: Backoff;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly observer?: ControllerObserver;
  /** How long `stop` waits for the reconciles that run, milliseconds; 10 s when absent. */
  readonly stopTimeoutMs?: number;
}

/** What a controller tells about itself. */
export interface ControllerObserver extends QueueObserver {
  reconciled(result: Result['type']): void;
}

/** So many reconciles of one key follow one another directly; then it is the turn of others. */
const PASSES = 5;
/** How long a reconcile may go on after its signal has aborted, milliseconds. */
const LAST_WAIT_MS = 1_000;

/**
 * Informers -> queue -> reconcile(key). Begins when every source has its first list, so that "not there" means that.
 */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #queue: WorkQueue;
  readonly #stop = new AbortController();
  readonly #abandon = new AbortController();
  readonly #unsubscribe: (() => void)[] = [];
  #started: Promise<void> | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log.child({ controller: options.name });
    this.#queue = new WorkQueue({
      work: (key) => this.#work(key),
      concurrencyPerGroup: options.concurrencyPerGroup ?? 5,
      clock: this.#clock,
      paused: true,
      ...(options.groupOf === undefined ? {} : { groupOf: options.groupOf }),
      ...(options.backoff === undefined ? {} : { backoff: options.backoff }),
      ...(options.random === undefined ? {} : { random: options.random }),
      ...(options.observer === undefined ? {} : { observer: options.observer }),
    });
  }

  /** Reconciles this key soon. */
  enqueue(key: string): void {
    this.#queue.add(key);
  }

  /** Resolves when the reconciles have begun; rejects when the controller is stopped before. */
  start(): Promise<void> {
    this.#started ??= this.#begin();
    return this.#started;
  }

  /**
   * Begins no reconcile any more and waits for those that run: for `stopTimeoutMs`, then their signal aborts, and they
   * get a moment to end. What then still runs is left behind and logged.
   */
  async stop(): Promise<void> {
    this.#stop.abort(new Error(`the controller ${this.#options.name} was stopped`));
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    const drained = this.#queue.stop();
    if (await this.#within(drained, this.#options.stopTimeoutMs ?? 10_000)) return;
    this.#abandon.abort(new Error('stopping'));
    if (await this.#within(drained, LAST_WAIT_MS)) return;
    this.#log.warn({ running: this.#queue.working }, 'reconciles did not end in time and are left behind');
  }

  async #begin(): Promise<void> {
    const { sources } = this.#options;
    const add = (key: string): void => {
      this.#queue.add(key);
    };
    for (const source of sources) this.#unsubscribe.push(source.subscribe(add));
    await Promise.all(sources.map((source) => source.waitForSync(this.#stop.signal)));
    this.#stop.signal.throwIfAborted();
    this.#queue.resume();
  }

  /**
   * An object that has something to do at once goes on before others begin: the first of many is done long before the
   * last, and what waits for it can begin.
   */
  async #work(key: string): Promise<void> {
    let result = await this.#pass(key);
    for (let passes = 1; passes < PASSES && this.#goesOn(result); passes += 1) result = await this.#pass(key);
    this.#interpret(key, result);
  }

  async #pass(key: string): Promise<Result> {
    let result: Result;
    try {
      result = await this.#options.reconcile(key, this.#abandon.signal);
    } catch (thrown) {
      result = retry(toError(thrown));
    }
    this.#options.observer?.reconciled(result.type);
    return result;
  }

  #goesOn(result: Result): boolean {
    return result.type === 'again' && result.at <= this.#clock.now() && !this.#stop.signal.aborted;
  }

  /** The one place that knows what the end of a reconcile means. */
  #interpret(key: string, result: Result): void {
    switch (result.type) {
      case 'done':
        this.#queue.forget(key);
        return;
      case 'again':
        this.#queue.forget(key);
        this.#queue.addAt(key, result.at);
        return;
      case 'retry': {
        const next = this.#queue.retry(key);
        const details = { key, failures: this.#queue.failuresOf(key), nextInMs: next - this.#clock.now() };
        // Somebody else wrote first: that is how optimistic locking works, not a fault.
        if (isConflict(result.error)) this.#log.debug(details, 'a newer version exists, reconciling again');
        else this.#log.warn({ ...details, err: result.error }, 'reconcile failed, trying again');
        return;
      }
      case 'give-up':
        this.#queue.forget(key);
        this.#log.error({ key, err: result.error }, 'reconcile failed for good, waiting for a change');
        return;
    }
  }

  async #within(work: Promise<void>, milliseconds: number): Promise<boolean> {
    const timer = new AbortController();
    const late = this.#clock.sleep(milliseconds, timer.signal).then(
      () => false,
      () => true,
    );
    const ended = await Promise.race([work.then(() => true), late]);
    timer.abort();
    return ended;
  }
}
