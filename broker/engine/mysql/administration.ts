import { createHash, randomBytes } from 'node:crypto';
import { EngineError } from '../engine.ts';
import type { Session } from './session.ts';
import { administrationTables, lock, offerLockSecret, readLockSecret, unlock } from './statements.ts';

const LOCK_WAIT_SECONDS = 10;

/** Makes the broker's own database on the server and gives the secret of its locks. Safe for many at once. */
export async function ensureAdministration(session: Session): Promise<string> {
  for (const statement of administrationTables) await session.all(statement);
  await session.all(offerLockSecret(randomBytes(32).toString('hex')));
  const row = await session.first(readLockSecret);
  if (!row) throw new EngineError("the broker's own database on the server lost a row just written", 'retry');
  return row.value;
}

/**
 * Alone on the instance among all brokers of this server. Any login may take a lock of any name with GET_LOCK, so the
 * names are made with a secret: a tenant cannot hold one to keep itself from being removed.
 */
export async function whileLocked<T>(
  session: Session,
  secret: string,
  database: string,
  work: () => Promise<T>,
): Promise<T> {
  const name = createHash('sha256').update(`${secret}:${database}`).digest('hex').slice(0, 60);
  const row = await session.first(lock(name, LOCK_WAIT_SECONDS));
  if (row?.locked !== 1) {
    throw new EngineError(`another broker has worked on ${database} for more than ${LOCK_WAIT_SECONDS} s`, 'retry');
  }
  const result = await work();
  // After a failure the connection is closed, which ends the lock as well.
  await session.all(unlock(name));
  return result;
}
