import { randomInt } from 'node:crypto';
import { systemClock } from '../runtime/clock.ts';
import type { Clock } from '../runtime/clock.ts';
import { toError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { isNotFound } from './client.ts';
import type { KubeClient } from './client.ts';
import { EVENTS } from './core-resources.ts';
import type { Event } from './core-resources.ts';
import { BoundedMap } from './bounded-map.ts';
import type { KubeObject } from './objects.ts';
import { withTimeLimit } from './time-limit.ts';
import { TokenBucket } from './token-bucket.ts';

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  /** Who reports, as `kubectl describe` shows it under From. */
  readonly component: string;
  /** Which of several equal programs; the pod's or the machine's name. */
  readonly instance: string;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** What happened to an object. Never with a credential in it: everybody who may read events reads it. */
export interface Happening {
  readonly type: 'Normal' | 'Warning';
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
}

/**
 * The same thing happening to the same object again and again: one Event with a count. The same thing is what has the
 * same reason: the message of a failure counts its attempts, and the newest is the one that is of use.
 */
interface Series {
  /** Who it is about, and no more: a series is remembered long after that state of the object, or all of it, is gone. */
  readonly involved: Event['involvedObject'];
  happening: Happening;
  /** The Event that stands for it; undefined until it has been created. */
  name: string | undefined;
  count: number;
  firstAt: number;
  lastAt: number;
  waiting: boolean;
}

/** What API servers accept. */
const MAXIMUM_MESSAGE = 1024;
/** Of one object: so many events at once, and then one in this time. kubectl shows the story, not every beat of it. */
const BURST = 25;
const REFILL_MS = 60_000;
/** Series and objects that are remembered. */
const MAXIMUM_SERIES = 4096;
/** Events that wait to be written; what comes on top is dropped. */
const MAXIMUM_WAITING = 1000;
/** A name begins somewhere in the first half of its millisecond, nanoseconds: two programs hardly choose the same. */
const NAME_SPREAD_NS = 500_000;
/** One write may take this long, milliseconds. */
const WRITE_MS = 10_000;

/**
 * Writes Events (core/v1) about objects. Best effort: recording never waits and never fails, events with the same reason
 * become one with a count, no object can have more than a bounded rate, and what cannot be written is dropped.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #series = new BoundedMap<Series>(MAXIMUM_SERIES);
  readonly #buckets = new BoundedMap<TokenBucket>(MAXIMUM_SERIES);
  readonly #waiting: Series[] = [];
  readonly #stop = new AbortController();
  #writing: Promise<void> | undefined;
  #lastName = 0n;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Notes that something happened to `object`, which must be complete (type, name, uid). */
  record(object: KubeObject, happening: Happening): void {
    if (this.#stop.signal.aborted) return;
    const now = this.#clock.now();
    const series = this.#seriesOf(object, happening, now);
    series.lastAt = now;
    series.happening = happening;
    // What is not written now is in the count of the next write.
    series.count += 1;
    if (series.waiting) return;
    if (!this.#bucketOf(object, now).take(now) || this.#waiting.length >= MAXIMUM_WAITING) {
      this.#options.log.debug({ reason: happening.reason, name: object.metadata.name }, 'too many events, one dropped');
      return;
    }
    series.waiting = true;
    this.#waiting.push(series);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything recorded so far has been written or dropped. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Records nothing more; writes what waits for at most `milliseconds`. */
  async stop(milliseconds = 2_000): Promise<void> {
    const forever = new AbortController().signal;
    await withTimeLimit(this.#clock, milliseconds, forever, () => this.flush()).catch(() => undefined);
    this.#stop.abort(new Error('the event recorder was stopped'));
    await this.#writing;
  }

  #seriesOf(object: KubeObject, happening: Happening, now: number): Series {
    const { uid, namespace, name } = object.metadata;
    const key = JSON.stringify([uid ?? [namespace, name], object.kind, happening.type, happening.reason]);
    return this.#series.getOrAdd(key, () => ({
      involved: referenceTo(object),
      happening,
      name: undefined,
      count: 0,
      firstAt: now,
      lastAt: now,
      waiting: false,
    }));
  }

  #bucketOf(object: KubeObject, now: number): TokenBucket {
    const { uid, namespace, name } = object.metadata;
    const key = uid ?? JSON.stringify([object.kind, namespace, name]);
    return this.#buckets.getOrAdd(key, () => new TokenBucket(BURST, REFILL_MS, now));
  }

  async #writeAll(): Promise<void> {
    for (let series = this.#waiting.shift(); series !== undefined; series = this.#waiting.shift()) {
      series.waiting = false;
      if (this.#stop.signal.aborted) continue;
      const current = series;
      try {
        await withTimeLimit(this.#clock, WRITE_MS, this.#stop.signal, (signal) => this.#write(current, signal));
      } catch (thrown) {
        // A namespace that is being deleted takes no events: that is usual, and all the rest must not stop a program.
        this.#options.log.debug({ err: toError(thrown), reason: series.happening.reason }, 'an event was not written');
      }
    }
    this.#writing = undefined;
  }

  async #write(series: Series, signal: AbortSignal): Promise<void> {
    const namespace = series.involved.namespace ?? 'default';
    if (series.name !== undefined) {
      const body = {
        count: series.count,
        lastTimestamp: timestamp(series.lastAt),
        message: shorten(series.happening.message),
      };
      try {
        await this.#options.client.patch(EVENTS, { namespace, name: series.name }, { type: 'merge', body }, { signal });
        return;
      } catch (thrown) {
        // Servers delete events after an hour or so.
        if (!isNotFound(thrown)) throw thrown;
      }
    }
    const event = this.#eventOf(series, namespace);
    await this.#options.client.create(EVENTS, event, signal);
    series.name = event.metadata.name;
  }

  /**
   * Times of events are whole seconds, and kubectl shows those of the same second as they are listed: by name. So names
   * follow the order of what happened, as `OBJECT.NANOSECONDS` in 16 hexadecimal digits.
   */
  #nameFor(name: string): string {
    const time = BigInt(this.#clock.now()) * 1_000_000n + BigInt(randomInt(NAME_SPREAD_NS));
    this.#lastName = time > this.#lastName ? time : this.#lastName + 1n;
    return `${name.slice(0, 200)}.${this.#lastName.toString(16).padStart(16, '0')}`;
  }

  #eventOf(series: Series, namespace: string): Event {
    const { involved, happening } = series;
    return {
      metadata: { namespace, name: this.#nameFor(involved.name ?? '') },
      involvedObject: involved,
      type: happening.type,
      reason: happening.reason,
      message: shorten(happening.message),
      source: { component: this.#options.component, host: this.#options.instance },
      reportingComponent: this.#options.component,
      reportingInstance: this.#options.instance,
      firstTimestamp: timestamp(series.firstAt),
      lastTimestamp: timestamp(series.lastAt),
      count: series.count,
    };
  }
}

function referenceTo({ apiVersion, kind, metadata }: KubeObject): Event['involvedObject'] {
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

/** `metav1.Time`: RFC 3339 in whole seconds. */
function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

function shorten(message: string): string {
  return message.length <= MAXIMUM_MESSAGE ? message : `${message.slice(0, MAXIMUM_MESSAGE - 1)}…`;
}
