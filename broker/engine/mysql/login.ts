import type { LoginSpec } from '../engine.ts';
import { EngineError } from '../engine.ts';
import { nativePasswordHash } from './credential.ts';
import { dropOrRetire, takeOverEvents } from './definers.ts';
import { endSessions } from './end-sessions.ts';
import { readServerFacts } from './read-server.ts';
import type { Session } from './session.ts';
import * as sql from './statements.ts';

/** Creates the login or brings it to exactly `spec`. The lock of the instance is held. */
export async function createLogin(session: Session, spec: LoginSpec, requireTls: boolean): Promise<void> {
  const { database, username, password, access, connectionLimit } = spec;
  if (!(await session.first(sql.findDatabase(database)))) {
    throw new EngineError(`the database ${database} does not exist on the server`, 'fatal');
  }
  const server = await readServerFacts(session);
  const rights = await session.all(sql.rightsOf(username));
  await refuseForeignLogin(session, database, username, rights);

  await session.all(sql.rememberLogin(username, database));
  const attributes = {
    username,
    password,
    passwordHash: nativePasswordHash(password),
    connectionLimit,
    requireTls,
  };
  await session.all(sql.createAccount(server, attributes));
  const wanted = sql.RIGHTS[access].map((right) => `${database} ${right}`).sort();
  const held = rights.map((row) => `${row.database_name} ${row.right_name}`).sort();
  if (wanted.join() !== held.join()) {
    await session.all(sql.lockAccount(username));
    if (held.length > 0) await session.all(sql.revokeEverything(username));
    await session.all(sql.grantRights(username, database, access));
    // A session that already chose the database does not feel a REVOKE.
    await endSessions(session, [username]);
  }
  await session.all(sql.alterAccount(server, attributes));
  if (sql.limitNeedsGrant(server)) await session.all(sql.limitAccount(server, username, connectionLimit));
}

/**
 * Locks the login, ends its sessions, and removes it as far as others do not depend on it. The lock of the instance
 * is held. Earlier logins of the instance that were kept for their definers go too when nothing names them any more.
 */
export async function dropLogin(session: Session, database: string, username: string): Promise<void> {
  const rights = await session.all(sql.rightsOf(username));
  await refuseForeignLogin(session, database, username, rights);
  if (!(await session.first(sql.findAccount(username)))) {
    await session.all(sql.forgetLogin(username));
    return;
  }
  const server = await readServerFacts(session);
  await session.all(sql.lockAccount(username));
  await endSessions(session, [username]);
  await takeOverEvents(session, server, database, username);

  const definers = new Set((await session.all(sql.definersIn(database))).map((row) => row.definer));
  const retired = (await session.all(sql.listLogins))
    .filter((login) => login.database_name === database && login.retired === 1)
    .map((login) => login.username);
  for (const name of new Set([username, ...retired])) await dropOrRetire(session, server, name, definers);
  // One may have been half-way through logging in.
  await endSessions(session, [username]);
}

/** A login of one instance must never be led into another's database by a mix-up of arguments. */
async function refuseForeignLogin(
  session: Session,
  database: string,
  username: string,
  rights: readonly { readonly database_name: string }[],
): Promise<void> {
  const known = (await session.first(sql.findLogin(username)))?.database_name;
  const foreign = [...rights.map((row) => row.database_name), ...(known === undefined ? [] : [known])].find(
    (name) => name !== database && name !== '*',
  );
  if (foreign !== undefined) {
    throw new EngineError(`the login ${username} belongs to another instance (${foreign})`, 'fatal');
  }
}
