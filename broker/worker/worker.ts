import type { Clock } from '../../lib/runtime/clock.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import type { BrokerMetrics } from '../metrics.ts';
import type { Notifications } from '../store/notifications.ts';
import { forgetOldOperations } from '../store/operations.ts';
import { claimOperation, extendLeases } from '../store/queue.ts';
import type { OperationRecord } from '../store/records.ts';
import { HeldLease } from './held-lease.ts';
import type { PerformContext } from './perform.ts';
import { runOperation } from './run-operation.ts';
import type { WorkerTimings } from './timings.ts';

/** An effect that nobody wants any more may go on for so long before the deletion begins all the same. */
const UNWANTED_MS = 60_000;
/** A stopping worker waits for its effects for so long. */
const DRAIN_MS = 10_000;
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

interface Running {
  readonly operation: OperationRecord;
  readonly lease: HeldLease;
  readonly ended: Promise<void>;
}

/** Takes operations from the queue and runs them, several at once, but never more than so many on one server. */
export class Worker {
  readonly #context: WorkerContext;
  readonly #running = new Set<Running>();
  readonly #stop = new AbortController();
  #wake: () => void = () => undefined;
  #awake = false;

  constructor(context: WorkerContext) {
    this.#context = context;
  }

  /** Works until {@link stop}. */
  async run(): Promise<void> {
    const { notifications } = this.#context;
    const wake = (): void => {
      this.#awake = true;
      this.#wake();
    };
    // An operation that ended may have been in the way of another.
    notifications.on('queued', wake).on('ended', wake);
    const heartbeats = this.#sendHeartbeats();
    const forgetting = this.#forgetOld();
    while (!this.#stop.signal.aborted) {
      if (!(await this.#takeOne())) await this.#untilWoken();
    }
    notifications.off('queued', wake).off('ended', wake);
    await Promise.all([heartbeats, forgetting]);
  }

  /** Takes nothing new, lets what runs end for a while; what is left is taken over when its lease runs out. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    const drained = new AbortController();
    const deadline = this.#context.clock.sleep(DRAIN_MS, drained.signal).catch(() => undefined);
    await Promise.race([Promise.all([...this.#running].map(({ ended }) => ended)), deadline]);
    drained.abort();
  }

  async #takeOne(): Promise<boolean> {
    const { database, servers, holder, log, timings } = this.#context;
    const busy = this.#busyServers();
    if (busy.length >= servers.all.length && servers.all.length > 0) return false;
    try {
      const validUntil = this.#leaseEnd();
      // An effect that outlives its lease is let end here: beginning it again beside itself would end neither.
      const running = [...this.#running].map(({ operation }) => operation.id);
      const operation = await claimOperation(database, holder, timings.leaseMs / 1_000, busy, running);
      if (operation === undefined) return false;
      this.#start(operation, new HeldLease(operation.id, operation.leaseToken, validUntil, monotonic));
      return true;
    } catch (thrown) {
      log.warn({ err: toError(thrown) }, 'no operation could be claimed; the store did not answer');
      return false;
    }
  }

  #busyServers(): string[] {
    const counts = new Map<string, number>();
    for (const { operation } of this.#running) {
      counts.set(operation.server, (counts.get(operation.server) ?? 0) + 1);
    }
    return [...counts].filter(([, count]) => count >= this.#context.operationsPerServer).map(([server]) => server);
  }

  #start(operation: OperationRecord, lease: HeldLease): void {
    const begun = monotonic();
    const ended = runOperation({ ...this.#context, stopping: this.#stop.signal }, operation, lease).then((outcome) => {
      this.#context.metrics.attempts.inc({ kind: operation.kind, outcome });
      this.#context.metrics.attemptSeconds.observe({ kind: operation.kind }, (monotonic() - begun) / 1_000);
      this.#running.delete(running);
      this.#awake = true;
      this.#wake();
    });
    const running = { operation, lease, ended };
    this.#running.add(running);
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
    while (!this.#stop.signal.aborted || this.#running.size > 0) {
      await clock
        .sleep(timings.heartbeatMs, this.#running.size > 0 ? undefined : this.#stop.signal)
        .catch(() => undefined);
      const leases = [...this.#running].map(({ lease }) => lease).filter((lease) => !isOverdue(lease));
      if (leases.length === 0) continue;
      try {
        const validUntil = this.#leaseEnd();
        const results = await extendLeases(database, leases, timings.leaseMs / 1_000);
        for (const lease of leases) {
          const result = results.find(({ operationId }) => operationId === lease.operationId);
          if (result === undefined) lease.lose();
          else lease.extend(validUntil, result.wanted);
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
