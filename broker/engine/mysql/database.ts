import type { DatabaseSpec } from '../engine.ts';
import { EngineError } from '../engine.ts';
import { LOGIN_PREFIX } from '../names.ts';
import { endSessions } from './end-sessions.ts';
import { errorNumber } from './errors.ts';
import { readServerFacts } from './read-server.ts';
import type { Session } from './session.ts';
import * as sql from './statements.ts';

const LOCK_WAIT_TIMEOUT = 1205;

/** The mark first: a database is never without. The lock of the instance is held. */
export async function createDatabase(session: Session, spec: DatabaseSpec): Promise<void> {
  await session.all(sql.writeMark(spec.name, spec.mark, spec.connectionLimit));
  await session.all(sql.createDatabase(spec.name));
}

/** The server counts connections per login. The lock of the instance is held. */
export async function setConnectionLimit(session: Session, database: string, connectionLimit: number): Promise<void> {
  if (!(await session.first(sql.findDatabase(database)))) {
    throw new EngineError(`the database ${database} does not exist on the server`, 'fatal');
  }
  const server = await readServerFacts(session);
  await session.all(sql.rememberLimit(database, connectionLimit));
  for (const username of await existingLogins(session, database)) {
    await session.all(sql.limitAccount(server, username, connectionLimit));
  }
}

/**
 * Removes the database with every account that had rights on it. DDL is not transactional: lock, kill, drop, and the
 * records last, so that a repetition still finds what is left. The lock of the instance is held.
 */
export async function dropDatabase(session: Session, database: string): Promise<void> {
  const logins = await existingLogins(session, database);
  for (const username of logins) await session.all(sql.lockAccount(username));
  await endSessions(session, logins);
  await dropUnlessLocked(session, database);
  for (const username of [...logins, sql.ownerAccount(database)]) await session.all(sql.dropAccount(username));
  await endSessions(session, logins);
  for (const { username } of await session.all(sql.loginsOf(database, LOGIN_PREFIX))) {
    await session.all(sql.forgetLogin(username));
  }
  await session.all(sql.removeMark(database));
}

/**
 * With every session gone only prepared XA transactions can still hold locks. Which database they are of the server
 * does not tell, and another tenant's must not be rolled back: that is for the operator to decide.
 */
async function dropUnlessLocked(session: Session, database: string): Promise<void> {
  try {
    await session.all(sql.dropDatabase(database));
  } catch (error) {
    if (errorNumber(error) !== LOCK_WAIT_TIMEOUT) throw error;
    throw new EngineError(
      `something holds locks in ${database} though all its sessions have ended; look for its prepared transactions with XA RECOVER and end them with XA ROLLBACK`,
      'retry',
      { code: String(LOCK_WAIT_TIMEOUT) },
    );
  }
}

/** Logins of the instance whose account is really there. */
async function existingLogins(session: Session, database: string): Promise<string[]> {
  const accounts = new Set((await session.all(sql.listAccounts(LOGIN_PREFIX))).map((row) => row.User));
  return (await session.all(sql.loginsOf(database, LOGIN_PREFIX)))
    .map((row) => row.username)
    .filter((username) => accounts.has(username));
}
