import { systemClock } from '../../../lib/runtime/clock.ts';
import { EngineError } from '../engine.ts';
import { errorNumber } from './errors.ts';
import type { Session } from './session.ts';
import { kill, listProcesses } from './statements.ts';
import type { ProcessRow } from './statements.ts';

const POLL_MS = 10;
const PATIENCE_MS = 15_000;
/** A killed session that undoes a large transaction takes long and runs no statement any more. */
const ROLLBACK_PATIENCE_MS = 3_000;
const NO_SUCH_THREAD = 1094;

/**
 * Kills every session of these accounts until none is left; they must have been locked before. Neither DROP USER nor
 * REVOKE is felt by a session that is already there. After 15 s the caller gets a `retry` error.
 */
export async function endSessions(session: Session, usernames: readonly string[]): Promise<void> {
  if (usernames.length === 0) return;
  const started = systemClock.now();
  for (;;) {
    const left = await sessionsOf(session, usernames);
    const waited = systemClock.now() - started;
    const running = waited < ROLLBACK_PATIENCE_MS ? left : left.filter((process) => process.Command !== 'Killed');
    if (running.length === 0) return;
    if (waited > PATIENCE_MS) {
      throw new EngineError(`${running.length} session(s) have not ended within ${PATIENCE_MS / 1000} s`, 'retry');
    }
    for (const process of left.filter(isAlive)) await killOne(session, process);
    await systemClock.sleep(POLL_MS);
  }
}

/** The sessions of these accounts, those of running events included. */
export async function sessionsOf(session: Session, usernames: readonly string[]): Promise<ProcessRow[]> {
  return (await session.all(listProcesses)).filter((process) => usernames.includes(process.User));
}

const isAlive = (process: ProcessRow): boolean => process.Command !== 'Killed';

async function killOne(session: Session, process: ProcessRow): Promise<void> {
  try {
    await session.all(kill(process.Id));
  } catch (error) {
    if (errorNumber(error) !== NO_SUCH_THREAD) throw error;
  }
}
