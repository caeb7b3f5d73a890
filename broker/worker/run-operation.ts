import { EngineError } from '../engine/engine.ts';
import { setBindingState } from '../store/bindings.ts';
import { lockInstance, setInstanceState } from '../store/instances.ts';
import { dropLease, failOperation, postponeOperation, returnOperation } from '../store/queue.ts';
import type { OperationRecord, ResourceState } from '../store/records.ts';
import { delayAfter } from '../../lib/runtime/backoff.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import type { HeldLease } from './held-lease.ts';
import { LeaseLostError, SupersededError } from './held-lease.ts';
import type { PerformContext, Task } from './perform.ts';
import { perform } from './perform.ts';

const RETRY = { initialMs: 1_000, maximumMs: 15_000 };
/** Engines say what went wrong in one sentence; nothing longer belongs into a description. */
const MAX_REASON = 500;

/** How an attempt ended. */
export type AttemptOutcome = 'succeeded' | 'failed' | 'postponed' | 'superseded' | 'lost' | 'returned';

export interface RunContext extends PerformContext {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Its turn has not come, and somebody else may be sooner. */
class NotBegunError extends Error {
  override readonly name = 'NotBegunError';
}

/**
 * One attempt at an operation under a lease: done, postponed, given up, or left to somebody else; without `begin` it is
 * given back untried. Never throws.
 */
export async function runOperation(context: RunContext, task: Task, begin: boolean): Promise<AttemptOutcome> {
  const { operation, lease } = task;
  const log = context.log.child({
    operation: operation.id,
    kind: operation.kind,
    instance: operation.instanceId,
    ...(operation.bindingId === undefined ? {} : { binding: operation.bindingId }),
    ...(operation.requestIdentity === undefined ? {} : { request: operation.requestIdentity }),
    attempt: operation.attempts,
  });
  try {
    if (!begin) {
      lease.check();
      throw new NotBegunError('given back');
    }
    await perform(context, task);
    log.info('operation succeeded');
    return 'succeeded';
  } catch (thrown) {
    try {
      return await settle(context, operation, lease, toError(thrown), log);
    } catch (error) {
      // The store cannot be reached: the lease runs out and another attempt follows by itself.
      log.warn({ err: toError(error), cause: toError(thrown).message }, 'the end of an attempt could not be recorded');
      return 'lost';
    }
  }
}

/** Decides what an attempt that threw means, and writes it down. */
async function settle(
  context: RunContext,
  operation: OperationRecord,
  lease: HeldLease,
  error: Error,
  log: Logger,
): Promise<AttemptOutcome> {
  const { database, clock } = context;
  if (error instanceof SupersededError || error instanceof LeaseLostError) {
    await dropLease(database, lease);
    log.info({ reason: error.message }, 'operation left to another');
    return error instanceof SupersededError ? 'superseded' : 'lost';
  }
  if (error instanceof NotBegunError) {
    await returnOperation(database, lease, operation);
    return 'returned';
  }
  const reason = describe(error);
  const fatal = error instanceof EngineError && error.disposition === 'fatal';
  if (fatal || clock.now() >= operation.giveUpAt.getTime()) {
    log.error({ err: error }, 'operation failed');
    return (await fail(context, operation, lease, reason)) ? 'failed' : 'lost';
  }
  const delayMs = delayAfter(operation.attempts, RETRY, Math.random());
  log.warn({ err: error, delayMs }, 'attempt failed');
  await postponeOperation(database, lease, {
    delayMs,
    description: `${reason}; trying again in ${Math.ceil(delayMs / 1_000)} s (attempt ${operation.attempts})`,
  });
  return 'postponed';
}

/** What a user may read. Only engines' errors are written for users; others may quote anything. */
function describe(error: Error): string {
  const reason = error instanceof EngineError ? error.message : "the broker failed; the reason is in the broker's log";
  return reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON)}…` : reason;
}

/** Ends the operation as failed, with the state that lets the same request try again. */
async function fail(
  { database }: RunContext,
  operation: OperationRecord,
  lease: HeldLease,
  reason: string,
): Promise<boolean> {
  return database.transaction(async (tx) => {
    await lockInstance(tx, operation.instanceId);
    if (!(await failOperation(tx, lease, reason))) return false;
    const state = stateAfterFailure(operation);
    if (state === undefined) return true;
    if (operation.bindingId === undefined) await setInstanceState(tx, operation.instanceId, state);
    else await setBindingState(tx, operation.bindingId, state);
    return true;
  });
}

/** An update that failed leaves the instance as it was. */
function stateAfterFailure(operation: OperationRecord): ResourceState | undefined {
  switch (operation.kind) {
    case 'provision':
    case 'bind':
      return 'create-failed';
    case 'deprovision':
    case 'unbind':
      return 'delete-failed';
    case 'update':
      return undefined;
  }
}
