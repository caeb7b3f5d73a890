import { systemClock } from '../../../lib/runtime/clock.ts';
import { EngineError } from '../engine.ts';
import type { Session } from './session.ts';
import type { Statement } from './statements.ts';

const POLL_MS = 10;
const PATIENCE_MS = 15_000;

/**
 * Repeats a statement that ends sessions until it finds none. New ones must have been shut out before. A backend
 * needs a moment to die, longer when it is writing; after 15 s the caller gets a `retry` error.
 */
export async function endSessions(session: Session, statement: Statement<{ pid: number }>): Promise<void> {
  const deadline = systemClock.now() + PATIENCE_MS;
  for (;;) {
    const left = await session.all(statement);
    if (left.length === 0) return;
    if (systemClock.now() > deadline) {
      throw new EngineError(`${left.length} session(s) have not ended within ${PATIENCE_MS / 1000} s`, 'retry');
    }
    await systemClock.sleep(POLL_MS);
  }
}
