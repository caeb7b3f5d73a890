import type { DatabaseSpec } from '../engine.ts';
import { EngineError } from '../engine.ts';
import { LOGIN_PREFIX } from '../names.ts';
import { endSessions, sessionsOf } from './end-sessions.ts';
import { errorNumber } from './errors.ts';
import { readServerFacts } from './read-server.ts';
import type { Session } from './session.ts';
import * as sql from './statements.ts';

const LOCK_WAIT_TIMEOUT = 1205;
/** Events may make events on MariaDB; the server is left to settle after so many rounds. */
const MOST_ROUNDS = 10;

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
  const accounts = [...logins, sql.ownerAccount(database)];
  for (const username of logins) await session.all(sql.lockAccount(username));
  await silence(session, database, accounts);
  await dropUnlessLocked(session, database, accounts);
  for (const username of accounts) await session.all(sql.dropAccount(username));
  await endSessions(session, accounts);
  for (const { username } of await session.all(sql.loginsOf(database, LOGIN_PREFIX))) {
    await session.all(sql.forgetLogin(username));
  }
  await session.all(sql.removeMark(database));
}

/**
 * Drops the events of the database and ends every session of its accounts. Events first: they run whether their account
 * is locked or not, and one that starts anew each second would hold its locks for ever. Then again, for those that a
 * session made while it was still there.
 */
async function silence(session: Session, database: string, accounts: readonly string[]): Promise<void> {
  for (let round = 1; ; round += 1) {
    for (const { name } of await session.all(sql.eventsIn(database))) await session.all(sql.dropEvent(database, name));
    await endSessions(session, accounts);
    if ((await session.all(sql.eventsIn(database))).length === 0) return;
    if (round === MOST_ROUNDS) throw new EngineError(`new events keep coming up in ${database}`, 'retry');
  }
}

/**
 * With every session gone only prepared XA transactions can still hold locks. Which database they are of the server
 * does not tell, and another tenant's must not be rolled back: that is for the operator to decide.
 */
async function dropUnlessLocked(session: Session, database: string, accounts: readonly string[]): Promise<void> {
  try {
    await session.all(sql.dropDatabase(database));
  } catch (error) {
    if (errorNumber(error) !== LOCK_WAIT_TIMEOUT) throw error;
    const left = (await sessionsOf(session, accounts)).length;
    throw new EngineError(
      left > 0
        ? `${left} session(s) of the instance's own accounts hold locks in ${database}; they are ended first`
        : `something holds locks in ${database} though all its sessions have ended; look for its prepared transactions with XA RECOVER and end them with XA ROLLBACK`,
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
