import { delayAfter } from '../runtime/backoff.ts';
import type { Backoff } from '../runtime/backoff.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Clock } from '../runtime/clock.ts';
import { DelayHeap } from './delay-heap.ts';

export interface WorkQueueOptions {
  /** Works on one key. Must not throw: what a failure means is the caller's to say (see {@link WorkQueue.retry}). */
  readonly work: (key: string) => Promise<void>;
  /** Keys of one group that are worked on at once. */
  readonly concurrencyPerGroup: number;
  /** The group of a key, asked for when the key becomes ready; one group for all when absent. */
  readonly groupOf?: (key: string) => string;
  /** For {@link WorkQueue.retry}. */
  readonly backoff?: Backoff;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly observer?: QueueObserver;
}

/** What a queue tells about itself. */
export interface QueueObserver {
  /** Keys that are ready and wait for a worker. */
  depth(ready: number): void;
  /** A key was taken up after it had waited, milliseconds. */
  started(waitedMs: number): void;
  /** The work on a key ended. */
  finished(workedMs: number): void;
  /** A key was put off because its work failed. */
  retried(): void;
}

const BACKOFF: Backoff = { initialMs: 500, maximumMs: 300_000 };

/** One line of ready keys with its own workers. */
interface Group {
  readonly ready: Map<string, number>;
  running: number;
}

/**
 * Keys to work on, each at most once in line and never worked on twice at the same time.
 *
 * A key is in one or several of these states. *Ready*: in the line of its group, waiting for a free worker of it.
 * *Working*: `work(key)` runs. *Again*: it was added while working, so it becomes ready when that ends. *Later*: it
 * becomes ready at a time; of several times the earliest counts, and taking up the key forgets it, because the work
 * decides anew.
 *
 * Every group has its own workers, so that work which hangs (a broker that does not answer) holds up its group alone.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #clock: Clock;
  readonly #groups = new Map<string, Group>();
  /** The group of each key that is ready. */
  readonly #ready = new Map<string, string>();
  readonly #working = new Set<string>();
  readonly #again = new Set<string>();
  readonly #later = new DelayHeap();
  readonly #failures = new Map<string, number>();
  #alarm: { readonly at: number; readonly abort: AbortController } | undefined;
  #stopped = false;
  #paused: boolean;
  readonly #idle = new Set<() => void>();

  constructor(options: WorkQueueOptions & { readonly paused?: boolean }) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#paused = options.paused ?? false;
  }

  /** Keys that are ready. */
  get depth(): number {
    return this.#ready.size;
  }

  /** Keys that are worked on. */
  get working(): number {
    return this.#working.size;
  }

  /** Makes the key ready now. */
  add(key: string): void {
    if (this.#stopped || this.#ready.has(key)) return;
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    const name = this.#options.groupOf?.(key) ?? '';
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { ready: new Map(), running: 0 };
      this.#groups.set(name, group);
    }
    group.ready.set(key, this.#clock.now());
    this.#ready.set(key, name);
    this.#options.observer?.depth(this.#ready.size);
    this.#pump(name, group);
  }

  /** Makes the key ready at `time` (milliseconds since the epoch), or earlier if it is to be ready earlier anyway. */
  addAt(key: string, time: number): void {
    if (this.#stopped) return;
    if (time <= this.#clock.now()) {
      this.add(key);
      return;
    }
    const known = this.#later.timeOf(key);
    if (known !== undefined && known <= time) return;
    this.#later.set(key, time);
    this.#setAlarm();
  }

  /** Makes the key ready after a delay that grows with every call since {@link forget}. Returns when that will be. */
  retry(key: string): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#options.observer?.retried();
    const random = this.#options.random ?? Math.random;
    const time = this.#clock.now() + delayAfter(failures, this.#options.backoff ?? BACKOFF, random());
    this.addAt(key, time);
    return time;
  }

  /** The work on the key succeeded, or is over: its next failure is a first one. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often {@link retry} was called since {@link forget}. */
  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Lets the work begin, for a queue made `paused`. */
  resume(): void {
    this.#paused = false;
    for (const [name, group] of [...this.#groups]) this.#pump(name, group);
  }

  /** Takes up no key from now on; resolves when the work that runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm?.abort.abort();
    this.#alarm = undefined;
    this.#groups.clear();
    this.#ready.clear();
    if (this.#working.size === 0) return;
    await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  #pump(name: string, group: Group): void {
    while (!this.#paused && !this.#stopped && group.running < this.#options.concurrencyPerGroup) {
      const first = group.ready.entries().next();
      if (first.done === true) break;
      const [key, since] = first.value;
      group.ready.delete(key);
      this.#ready.delete(key);
      this.#later.delete(key);
      this.#working.add(key);
      group.running += 1;
      this.#options.observer?.depth(this.#ready.size);
      this.#options.observer?.started(this.#clock.now() - since);
      void this.#work(key, name, group);
    }
    if (group.running === 0 && group.ready.size === 0) this.#groups.delete(name);
  }

  async #work(key: string, name: string, group: Group): Promise<void> {
    const started = this.#clock.now();
    try {
      await this.#options.work(key);
    } finally {
      this.#options.observer?.finished(this.#clock.now() - started);
      this.#working.delete(key);
      group.running -= 1;
      if (this.#again.delete(key)) this.add(key);
      this.#pump(name, group);
      if (this.#working.size === 0) for (const resolve of this.#idle) resolve();
    }
  }

  /** One sleep at a time, until the earliest key of `later` is due. */
  #setAlarm(): void {
    const at = this.#later.earliest();
    if (at === undefined || this.#stopped || (this.#alarm !== undefined && this.#alarm.at <= at)) return;
    this.#alarm?.abort.abort();
    const alarm = { at, abort: new AbortController() };
    this.#alarm = alarm;
    // A timer holds at most 2^31 ms; waking up early only sets the alarm again.
    const wait = Math.max(0, Math.min(at - this.#clock.now(), 86_400_000));
    this.#clock.sleep(wait, alarm.abort.signal).then(
      () => {
        if (this.#alarm === alarm) this.#alarm = undefined;
        const now = this.#clock.now();
        for (let key = this.#later.takeDue(now); key !== undefined; key = this.#later.takeDue(now)) this.add(key);
        this.#setAlarm();
      },
      () => undefined,
    );
  }
}
