import type { Clock } from '../../lib/runtime/clock.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import type { BrokerMetrics } from '../metrics.ts';
import type { Notifications } from '../store/notifications.ts';
import { forgetOldOperations } from '../store/operations.ts';
import type { Claim } from '../store/operations.ts';
import { claimOperation, extendLeases } from '../store/queue.ts';
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
const FORGET_EVERY_MS = 3_600_000;
const FORGET_AFTER_DAYS = 7;

export interface WorkerContext extends PerformContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: BrokerMetrics;
  readonly notifications: Notifications;
  /** Names this process in the store. */
  readonly holder: string;
  readonly operationsPerServer: number;
  readonly timings: WorkerTimings;
}

/** An operation under a lease of this worker; it runs, or waits for its turn at the server. */
interface Held extends Task {
  /** Ends its waiting. */
  readonly hurry: AbortController;
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
  /** Something in the queue waits for a place at a server. */
  #isBehind = false;

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
      if (!(await this.#takeOne())) await this.#untilWoken();
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
    const place = this.#places.take(server);
    const validUntil = this.#leaseEnd();
    return {
      claim: this.#claim,
      begin: async (operation, subject) => (await this.#hold(operation, validUntil, place, subject)) === 'succeeded',
      giveBack: () => {
        place.leave();
        if (this.#isBehind) this.#wakeUp();
      },
    };
  }

  get #claim(): Claim {
    return { holder: this.#context.holder, leaseSeconds: this.#context.timings.leaseMs / 1_000 };
  }

  async #takeOne(): Promise<boolean> {
    const { database, log } = this.#context;
    try {
      const validUntil = this.#leaseEnd();
      // An effect that outlives its lease is let end here: beginning it again beside itself would end neither.
      const held = [...this.#held].map(({ operation }) => operation.id);
      const result = await claimOperation(database, this.#claim, this.#places.busyServers, held);
      this.#isBehind = result.kind === 'behind';
      if (result.kind !== 'claimed') return false;
      const { operation } = result;
      void this.#hold(operation, validUntil, this.#places.take(operation.server));
      return true;
    } catch (thrown) {
      log.warn({ err: toError(thrown) }, 'no operation could be claimed; the store did not answer');
      return false;
    }
  }

  #hold(operation: OperationRecord, validUntil: number, place: Place, subject?: Subject): Promise<AttemptOutcome> {
    const lease = new HeldLease(operation.id, operation.leaseToken, validUntil, monotonic);
    const hurry = new AbortController();
    if (this.#stop.signal.aborted) hurry.abort();
    const task = { operation, lease, subject };
    const held: Held = { ...task, hurry, outcome: this.#run(task, place, hurry.signal, () => this.#held.delete(held)) };
    this.#held.add(held);
    return held.outcome;
  }

  async #run(task: Task, place: Place, hurry: AbortSignal, onEnd: () => void): Promise<AttemptOutcome> {
    const { metrics, notifications } = this.#context;
    const { id, kind } = task.operation;
    await place.turn(hurry);
    const begun = monotonic();
    const outcome = await runOperation({ ...this.#context, stopping: this.#stop.signal }, task);
    metrics.attempts.inc({ kind, outcome });
    metrics.attemptSeconds.observe({ kind }, (monotonic() - begun) / 1_000);
    onEnd();
    place.leave();
    // Requests of this process that have joined it need not wait for word from the store.
    notifications.emit('ended', id);
    // What it stood in the way of, should there be anything, is told by the store, of a success.
    if (this.#isBehind || outcome !== 'succeeded') this.#wakeUp();
    return outcome;
  }

  #wakeUp(): void {
    this.#awake = true;
    this.#wake();
  }

  /** Until there may be something to do, or it is time to look. */
  async #untilWoken(): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => {
      woken.abort();
    };
    if (!this.#awake && !this.#stop.signal.aborted) {
      await this.#context.clock.sleep(this.#context.timings.pollMs, woken.signal).catch(() => undefined);
    }
    this.#awake = false;
    this.#wake = () => undefined;
  }

  /** Keeps the leases while anything runs, also while the worker drains. */
  async #sendHeartbeats(): Promise<void> {
    const { clock, database, log, timings } = this.#context;
    while (!this.#stop.signal.aborted || this.#held.size > 0) {
      await clock
        .sleep(timings.heartbeatMs, this.#held.size > 0 ? undefined : this.#stop.signal)
        .catch(() => undefined);
      const held = [...this.#held].filter(({ lease }) => !isOverdue(lease));
      const leases = held.map(({ lease }) => lease);
      if (leases.length === 0) continue;
      try {
        const validUntil = this.#leaseEnd();
        const results = await extendLeases(database, leases, timings.leaseMs / 1_000);
        for (const { lease, hurry } of held) {
          const result = results.find(({ operationId }) => operationId === lease.operationId);
          if (result === undefined) lease.lose();
          else lease.extend(validUntil, result.wanted);
          // Nobody should wait for a lease under which nothing will be done.
          if (result?.wanted !== true) hurry.abort();
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

function isOverdue(lease: HeldLease): boolean {
  return lease.unwantedSince !== undefined && monotonic() - lease.unwantedSince > UNWANTED_MS;
}
