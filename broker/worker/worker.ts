import type { Clock } from '../../lib/runtime/clock.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import type { BrokerMetrics } from '../metrics.ts';
import type { Database } from '../store/database.ts';
import type { Notifications } from '../store/notifications.ts';
import { forgetOldOperations } from '../store/operations.ts';
import type { Claim } from '../store/operations.ts';
import { claimOperation, extendLeases } from '../store/queue.ts';
import type { Heartbeat } from '../store/queue.ts';
import { waitingDescription, workingDescription } from '../store/phrases.ts';
import type { OperationRecord } from '../store/records.ts';
import type { Desk, HandOver } from './hand-over.ts';
import { HeldLease } from './held-lease.ts';
import type { PerformContext, Subject, Task } from './perform.ts';
import { Places } from './places.ts';
import type { Place } from './places.ts';
import { runOperation } from './run-operation.ts';
import type { AttemptOutcome } from './run-operation.ts';
import type { WorkerTimings } from './timings.ts';

/** An effect that nobody wants any more may go on for so long before the deletion begins all the same. */
const UNWANTED_MS = 60_000;
/** A stopping worker waits for its effects for so long. */
const DRAIN_MS = 10_000;
/** How many operations may wait at this process for each that may run; more are left to whoever is sooner. */
const IN_LINE = 3;
/** Another look at what was locked: the transactions of requests are short. */
const LOCKED_MS = 100;
const FORGET_EVERY_MS = 3_600_000;
const FORGET_AFTER_DAYS = 7;

export interface WorkerContext extends PerformContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: BrokerMetrics;
  readonly notifications: Notifications;
  /** The store over a connection of its own, so that no lease runs out because requests have taken all the others. */
  readonly heartbeats: Database;
  /** Names this process in the store. */
  readonly holder: string;
  readonly operationsPerServer: number;
  readonly timings: WorkerTimings;
}

/** An operation under a lease of this worker; it runs, or waits for its turn at the server. */
interface Held extends Task {
  /** Ends its waiting. */
  readonly hurry: AbortController;
  /** Since when it is held, on the monotonic clock. */
  readonly since: number;
  /** Its turn has come. */
  begun: boolean;
  readonly outcome: Promise<AttemptOutcome>;
}

/**
 * Runs operations, several at once, but never more than so many on one server: those that requests of this process
 * hand over, which it has a lease on from the beginning, and those in the queue, of others and of the past.
 */
export class Worker implements Desk {
  readonly #context: WorkerContext;
  readonly #places: Places;
  readonly #held = new Set<Held>();
  readonly #stop = new AbortController();
  #wake: () => void = () => undefined;
  #awake = false;
  #isRunning = false;
  /** Something in the queue waits for a place at a server, or for something else to let go of its instance. */
  #isBehind = false;
  /** How many places have been left so far. */
  #left = 0;

  constructor(context: WorkerContext) {
    this.#context = context;
    this.#places = new Places(context.operationsPerServer);
  }

  /** Works until {@link stop}. */
  async run(): Promise<void> {
    const { notifications } = this.#context;
    this.#isRunning = true;
    const wake = (): void => {
      this.#wakeUp();
    };
    // An operation that ended may have been in the way of another.
    notifications.on('queued', wake).on('announced', wake);
    const heartbeats = this.#sendHeartbeats();
    const forgetting = this.#forgetOld();
    while (!this.#stop.signal.aborted) {
      const next = await this.#takeOne();
      if (next !== 'again') await this.#untilWoken(next);
    }
    notifications.off('queued', wake).off('announced', wake);
    await Promise.all([heartbeats, forgetting]);
  }

  /** Takes nothing new, lets what runs end for a while; what is left is taken over when its lease runs out. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    // What waits for its turn goes back to the queue.
    for (const { hurry } of this.#held) hurry.abort();
    const drained = new AbortController();
    const deadline = this.#context.clock.sleep(DRAIN_MS, drained.signal).catch(() => undefined);
    await Promise.race([Promise.all([...this.#held].map(({ outcome }) => outcome)), deadline]);
    drained.abort();
  }

  /**
   * Room for an operation that a request is about to write; undefined when many wait at its server already: then
   * another replica may be sooner.
   */
  reserve(server: string): HandOver | undefined {
    if (!this.#isRunning || this.#stop.signal.aborted) return undefined;
    if (this.#places.taken(server) >= (1 + IN_LINE) * this.#context.operationsPerServer) return undefined;
    const inLine = this.#places.isBusy(server);
    const place = this.#places.take(server);
    const validUntil = this.#leaseEnd();
    return {
      claim: { ...this.#claim, inLine },
      begin: async (operation, subject) => (await this.#hold(operation, validUntil, place, subject)) === 'succeeded',
      giveBack: () => {
        this.#leave(place);
      },
    };
  }

  get #claim(): Claim {
    return { holder: this.#context.holder, leaseSeconds: this.#context.timings.leaseMs / 1_000 };
  }

  /** Whether to look again at once, or else for how long to sleep. */
  async #takeOne(): Promise<'again' | number> {
    const { database, log, timings } = this.#context;
    try {
      const validUntil = this.#leaseEnd();
      const left = this.#left;
      // An effect that outlives its lease is let end here: beginning it again beside itself would end neither.
      const held = [...this.#held].map(({ operation }) => operation.id);
      const result = await claimOperation(database, this.#claim, this.#places.busyServers, held);
      this.#isBehind = result.kind === 'behind' || result.kind === 'locked';
      if (result.kind === 'locked') return Math.min(LOCKED_MS, timings.pollMs);
      if (result.kind !== 'claimed') {
        // What ended while the store was asked could not know that something waited for it.
        return this.#isBehind && this.#left !== left ? 'again' : timings.pollMs;
      }
      const { operation } = result;
      void this.#hold(operation, validUntil, this.#places.take(operation.server));
      return 'again';
    } catch (thrown) {
      log.warn({ err: toError(thrown) }, 'no operation could be claimed; the store did not answer');
      return timings.pollMs;
    }
  }

  #hold(operation: OperationRecord, validUntil: number, place: Place, subject?: Subject): Promise<AttemptOutcome> {
    const lease = new HeldLease(operation.id, operation.leaseToken, validUntil, monotonic);
    const hurry = new AbortController();
    if (this.#stop.signal.aborted) hurry.abort();
    const task = { operation, lease, subject };
    const outcome = Promise.withResolvers<AttemptOutcome>();
    const held: Held = { ...task, hurry, since: monotonic(), begun: false, outcome: outcome.promise };
    this.#held.add(held);
    outcome.resolve(this.#run(held, place));
    return held.outcome;
  }

  async #run(held: Held, place: Place): Promise<AttemptOutcome> {
    const { metrics, notifications } = this.#context;
    const { id, kind } = held.operation;
    held.begun = await place.turn(held.hurry.signal);
    const begun = monotonic();
    const outcome = await runOperation(this.#context, held, held.begun && !this.#stop.signal.aborted);
    metrics.attempts.inc({ kind, outcome });
    metrics.attemptSeconds.observe({ kind }, (monotonic() - begun) / 1_000);
    this.#held.delete(held);
    this.#leave(place);
    // Requests of this process that have joined it need not wait for word from the store.
    notifications.emit('ended', id);
    // What it stood in the way of, should there be anything, is told by the store, of a success.
    if (outcome !== 'succeeded') this.#wakeUp();
    return outcome;
  }

  #leave(place: Place): void {
    place.leave();
    this.#left += 1;
    if (this.#isBehind) this.#wakeUp();
  }

  #wakeUp(): void {
    this.#awake = true;
    this.#wake();
  }

  /** Until there may be something to do, or it is time to look. */
  async #untilWoken(sleepMs: number): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => {
      woken.abort();
    };
    if (!this.#awake && !this.#stop.signal.aborted) {
      await this.#context.clock.sleep(sleepMs, woken.signal).catch(() => undefined);
    }
    this.#awake = false;
    this.#wake = () => undefined;
  }

  /** Keeps the leases while anything runs, also while the worker drains. */
  async #sendHeartbeats(): Promise<void> {
    const { clock, heartbeats, log, timings } = this.#context;
    while (!this.#stop.signal.aborted || this.#held.size > 0) {
      await clock
        .sleep(timings.heartbeatMs, this.#held.size > 0 ? undefined : this.#stop.signal)
        .catch(() => undefined);
      for (const { lease, since, hurry } of this.#held) {
        // Nobody should wait for a lease under which nothing will be done, nor for long behind those that hang here.
        if (lease.isLost || monotonic() - since > timings.leaseMs) hurry.abort();
      }
      const held = [...this.#held].filter(({ lease }) => !lease.isLost && !isOverdue(lease));
      if (held.length === 0) continue;
      try {
        const validUntil = this.#leaseEnd();
        const results = await extendLeases(heartbeats, held.map(toHeartbeat), timings.leaseMs / 1_000);
        for (const { lease, hurry } of held) {
          const result = results.find(({ operationId }) => operationId === lease.operationId);
          if (result === undefined) lease.lose();
          else if (result.extended) lease.extend(validUntil, result.wanted);
          if (lease.isLost || lease.unwantedSince !== undefined) hurry.abort();
        }
      } catch (thrown) {
        log.warn({ err: toError(thrown) }, 'a heartbeat did not reach the store');
      }
    }
  }

  /** When a lease that is taken or extended now is no longer believed in. */
  #leaseEnd(): number {
    const { leaseMs, marginMs } = this.#context.timings;
    return monotonic() + leaseMs - marginMs;
  }

  async #forgetOld(): Promise<void> {
    const { clock, database, log } = this.#context;
    while (!this.#stop.signal.aborted) {
      await forgetOldOperations(database, FORGET_AFTER_DAYS, { signal: this.#stop.signal }).catch((error: unknown) => {
        log.warn({ err: toError(error) }, 'old operations could not be forgotten');
      });
      await clock.sleep(FORGET_EVERY_MS, this.#stop.signal).catch(() => undefined);
    }
  }
}

const monotonic = (): number => performance.now();

function toHeartbeat({ operation, lease, begun }: Held): Heartbeat {
  return {
    operationId: lease.operationId,
    token: lease.token,
    description: begun ? workingDescription(operation) : waitingDescription(operation),
  };
}

function isOverdue(lease: HeldLease): boolean {
  return lease.unwantedSince !== undefined && monotonic() - lease.unwantedSince > UNWANTED_MS;
}
