import { systemClock } from '../runtime/clock.ts';
import type { Clock } from '../runtime/clock.ts';
import { toError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { isAlreadyExists, isConflict } from './client.ts';
import type { KubeClient } from './client.ts';
import { LEASES } from './core-resources.ts';
import type { Lease } from './core-resources.ts';
import { freshLease, heldBy, mayTake, released, sight } from './lease.ts';
import type { LeaseSighting } from './lease.ts';
import { withTimeLimit } from './time-limit.ts';

export interface LeaderElectionOptions {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  /** Where the Lease is. */
  readonly namespace: string;
  readonly name: string;
  /** Who this candidate is; no other may have the same. The pod's name with something random is good. */
  readonly identity: string;
  readonly log: Logger;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly timings?: LeaderElectionTimings;
  /** Told whenever this candidate begins or ends to lead. */
  readonly onChange?: (leading: boolean) => void;
}

/** Milliseconds. `renewMs` plus the time the work needs to stop must be less than `leaseMs`. */
export interface LeaderElectionTimings {
  /** How long the others wait without hearing from the leader. */
  readonly leaseMs: number;
  /** A leader that could not renew for this long stops its work. */
  readonly renewMs: number;
  /** Between attempts to take or renew. */
  readonly retryMs: number;
}

const TIMINGS: LeaderElectionTimings = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 };

/** The work went on although the lease had run out; the process must end, for somebody else may be doing the same. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
}

/**
 * Runs `work` while this candidate is the leader, over and over until `signal` aborts.
 *
 * *Following*: tries every `retryMs` to take the lease. *Leading*: `work(signal)` runs, the lease is renewed every
 * `retryMs`. When no renewal has succeeded for `renewMs`, or somebody else holds the lease, the work's signal aborts,
 * which leaves it `leaseMs - renewMs` to end; if it does not, {@link LeadershipLostError} is thrown and the program must
 * exit. When `signal` aborts, the work is ended first and then the lease is given back.
 *
 * Resolves when `signal` has aborted or when the work has ended by itself; rejects with what the work throws.
 */
export async function runAsLeader(
  options: LeaderElectionOptions,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const candidate = new Candidate(options);
  while (!signal.aborted) {
    if (!(await candidate.follow(signal))) return;
    if (await candidate.lead(work, signal)) return;
  }
}

class Candidate {
  readonly #options: LeaderElectionOptions;
  readonly #timings: LeaderElectionTimings;
  readonly #clock: Clock;
  readonly #log: Logger;
  #sighting: LeaseSighting | undefined;
  /** The lease is ours at least until `leaseMs` after this: when the last renewal that succeeded was sent. Monotonic. */
  #renewedAt = 0;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#timings = options.timings ?? TIMINGS;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log.child({ lease: `${options.namespace}/${options.name}`, identity: options.identity });
  }

  /** Resolves with true when the lease has been taken, with false when `signal` has aborted. */
  async follow(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.#attempt(signal, this.#timings.renewMs)) return true;
      await this.#pause(signal);
    }
    return false;
  }

  /** Resolves with true when the work has ended by itself or by `signal`, with false when leadership was lost. */
  async lead(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<boolean> {
    const leading = new AbortController();
    const abort = (): void => {
      leading.abort(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    this.#log.info('leading');
    this.#options.onChange?.(true);
    const ended = new AbortController();
    const running = work(leading.signal).finally(() => {
      ended.abort();
    });
    running.catch(() => undefined);
    try {
      // The lease is also renewed while the work is ending because of `signal`.
      const lost = await this.#keep(ended.signal);
      if (!lost || ended.signal.aborted) {
        await running;
        return true;
      }
      this.#log.warn('the lease is lost, stopping the work');
      leading.abort(new Error('the leader lease is lost'));
      await this.#mustEnd(running);
      return false;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#options.onChange?.(false);
      if (ended.signal.aborted) await this.#release();
    }
  }

  /** Renews until the work has ended (false) or the lease is lost (true). */
  async #keep(ended: AbortSignal): Promise<boolean> {
    for (;;) {
      await this.#pause(ended, 1);
      if (ended.aborted) return false;
      const left = this.#renewedAt + this.#timings.renewMs - this.#clock.monotonic();
      if (left > 0 && (await this.#attempt(ended, left))) continue;
      const taken = this.#holder() !== undefined && this.#holder() !== this.#options.identity;
      if (taken || this.#clock.monotonic() >= this.#renewedAt + this.#timings.renewMs) return true;
    }
  }

  async #mustEnd(running: Promise<void>): Promise<void> {
    const left = this.#renewedAt + this.#timings.leaseMs - this.#clock.monotonic();
    const timer = new AbortController();
    const late = this.#clock.sleep(Math.max(0, left), timer.signal).then(
      () => true,
      () => false,
    );
    const wasLate = await Promise.race([
      late,
      running.then(
        () => false,
        () => false,
      ),
    ]);
    timer.abort();
    if (wasLate) throw new LeadershipLostError('the work did not stop before its leader lease ran out');
  }

  /** Takes or renews the lease once; false when that is not possible now. */
  async #attempt(signal: AbortSignal, limitMs: number): Promise<boolean> {
    const sentAt = this.#clock.monotonic();
    try {
      const lease = await withTimeLimit(this.#clock, limitMs, signal, (limit) => this.#write(limit));
      if (lease === undefined) return false;
      this.#sighting = { lease, changedAt: sentAt };
      this.#renewedAt = sentAt;
      return true;
    } catch (thrown) {
      if (signal.aborted) return false;
      // What we knew is out of date: read it before the next attempt.
      if (isConflict(thrown) || isAlreadyExists(thrown)) this.#log.debug('another candidate wrote the lease');
      else this.#log.warn({ err: toError(thrown) }, 'cannot take or renew the lease');
      return false;
    }
  }

  async #write(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, namespace, name, identity } = this.#options;
    const found = await client.get(LEASES, { namespace, name }, signal);
    const written = this.#clock.now();
    if (found === undefined) {
      const lease = freshLease(namespace, name, identity, this.#timings.leaseMs, written);
      return client.create(LEASES, lease, signal);
    }
    const now = this.#clock.monotonic();
    this.#sighting = sight(found, this.#sighting, now);
    if (!mayTake(this.#sighting, identity, now)) return undefined;
    return client.replace(LEASES, heldBy(found, identity, this.#timings.leaseMs, written), { signal });
  }

  /** Gives the lease back if it is still ours, so that the next leader need not wait for it to run out. */
  async #release(): Promise<void> {
    const sighting = this.#sighting;
    if (sighting === undefined || this.#holder() !== this.#options.identity) return;
    this.#sighting = undefined;
    try {
      await withTimeLimit(this.#clock, this.#timings.retryMs, new AbortController().signal, (signal) =>
        this.#options.client.replace(LEASES, released(sighting.lease, this.#clock.now()), { signal }),
      );
      this.#log.info('no longer leading, the lease is given back');
    } catch (thrown) {
      this.#log.debug({ err: toError(thrown) }, 'could not give the lease back, it will run out');
    }
  }

  #holder(): string | undefined {
    return this.#sighting?.lease.spec?.holderIdentity;
  }

  /** Waits for `retryMs`, spread unless `random` is given, or until `signal` aborts. */
  async #pause(signal: AbortSignal, random = (this.#options.random ?? Math.random)()): Promise<void> {
    await this.#clock.sleep(this.#timings.retryMs * (0.8 + 0.2 * random), signal).catch(() => undefined);
  }
}
