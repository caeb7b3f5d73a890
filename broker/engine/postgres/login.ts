import type { LoginSpec } from '../engine.ts';
import { EngineError } from '../engine.ts';
import { scramVerifier } from './credential.ts';
import { endSessions } from './end-sessions.ts';
import { restoreLimit } from './inside.ts';
import { rollbackPrepared } from './prepared-transactions.ts';
import { ensureCommand, removeRole } from './role.ts';
import { readServerFacts } from './read-server.ts';
import type { Session, Sessions } from './session.ts';
import * as sql from './statements.ts';
import { inTransaction } from './transaction.ts';

/** Creates the login or brings it to exactly `spec`. The lock of the instance is held. */
export async function createLogin(session: Session, spec: LoginSpec): Promise<void> {
  const { database, username } = spec;
  if (!(await session.first(sql.findDatabase(database)))) {
    throw new EngineError(`the database ${database} does not exist on the server`, 'fatal');
  }
  await restoreLimit(session, database);
  const server = await readServerFacts(session);
  const verifier = await scramVerifier(spec.password);
  const attributes = { username, verifier, connectionLimit: spec.connectionLimit };
  const existing = await session.first(sql.findRole(username));
  const [role, otherRole] =
    spec.access === 'readwrite'
      ? [sql.ownerRole(database), sql.readerRole(database)]
      : [sql.readerRole(database), sql.ownerRole(database)];
  const before = existing ? (await session.all(sql.membershipsOf(username))).map((row) => row.role) : [];
  refuseForeignLogin(username, database, before);

  await inTransaction(session, [
    existing ? sql.alterLogin(attributes) : sql.createLogin(attributes),
    sql.grantMembership(role, username, server.versionNumber),
    ...(before.includes(otherRole) ? [sql.revokeMembership(otherRole, username)] : []),
    sql.forgetSettings(username),
    sql.forgetSettingsIn(username, database),
    sql.setSessionRole(username, database, role),
    ...(spec.access === 'readonly' ? [sql.setReadOnlySession(username, database)] : []),
    sql.grantConnect(database, username),
  ]);
  await ensureCommand(session, server, username);
  // A session keeps the role it has set even after the membership is gone.
  if (existing && before.includes(otherRole)) await endSessions(session, sql.endSessionsOfRole(existing.oid));
}

/** Ends and removes the login; what it owns goes to the instance. The lock of the instance is held. */
export async function dropLogin(
  sessions: Sessions,
  session: Session,
  database: string,
  username: string,
): Promise<void> {
  const login = await session.first(sql.findRole(username));
  if (!login) return;
  refuseForeignLogin(
    username,
    database,
    (await session.all(sql.membershipsOf(username))).map((row) => row.role),
  );
  const exists = (await session.first(sql.findDatabase(database))) !== undefined;
  await shutOut(sessions, session, exists ? database : undefined, [{ username, oid: login.oid }]);
  if (exists) await restoreLimit(session, database);
  await removeRole(sessions, session, username, exists ? { database, heir: sql.ownerRole(database) } : undefined);
}

/**
 * Lets nobody in as these logins and ends their sessions. In this order: a session may hold its own role's row
 * locked (`BEGIN; ALTER ROLE me PASSWORD …`), so NOLOGIN would wait for the very session it is meant to end. The
 * right to connect is the database's, which tenants cannot lock. A prepared transaction holds the row as well, whatever
 * role it was prepared with; others of the owner's role belong to the instance and stay for the other bindings.
 */
export async function shutOut(
  sessions: Sessions,
  session: Session,
  database: string | undefined,
  logins: readonly { readonly username: string; readonly oid: number }[],
): Promise<void> {
  if (logins.length === 0) return;
  if (database !== undefined) {
    await session.all(
      sql.revokeConnect(
        database,
        logins.map((login) => login.username),
      ),
    );
  }
  for (const { oid } of logins) await endSessions(session, sql.endSessionsOfRole(oid));
  if (database !== undefined) {
    const usernames = logins.map((login) => login.username);
    await rollbackPrepared(
      sessions,
      session,
      database,
      ({ owner, holds_roles }) => holds_roles || usernames.includes(owner),
    );
  }
  for (const { username, oid } of logins) {
    await session.all(sql.lockLogin(username));
    // Databases outside the broker's care may be open to PUBLIC.
    await endSessions(session, sql.endSessionsOfRole(oid));
  }
}

/** A login of one instance must never be led into another's database by a mix-up of arguments. */
function refuseForeignLogin(username: string, database: string, memberships: readonly string[]): void {
  const home = [sql.ownerRole(database), sql.readerRole(database)];
  const foreign = memberships.find((role) => /^scdb[a-z0-9]+_(own|ro)$/.test(role) && !home.includes(role));
  if (foreign !== undefined) {
    throw new EngineError(`the login ${username} belongs to another instance (${foreign})`, 'fatal');
  }
}
