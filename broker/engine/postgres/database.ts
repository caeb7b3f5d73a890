import type { DatabaseSpec } from '../engine.ts';
import { EngineError } from '../engine.ts';
import { parseMark, printMark } from '../mark.ts';
import { LOGIN_PREFIX } from '../names.ts';
import { endSessions } from './end-sessions.ts';
import { workInside } from './inside.ts';
import { shutOut } from './login.ts';
import { rollbackPrepared } from './prepared-transactions.ts';
import { ensureGroupRole, groupRoles, removeRole } from './role.ts';
import { readServerFacts } from './read-server.ts';
import type { Server } from './server.ts';
import type { Session, Sessions } from './session.ts';
import * as sql from './statements.ts';
import { inTransaction } from './transaction.ts';

/** What `DROP DATABASE` leaves in `datconnlimit` when it was interrupted: the database can only be dropped. */
const HALF_DROPPED = -2;

/**
 * The database belongs to the administrator, not to the tenant: an owner can lift the limit, let everybody in and
 * set parameters that break the administrator's next session. The lock of the instance is held.
 */
export async function createDatabase(sessions: Sessions, session: Session, spec: DatabaseSpec): Promise<void> {
  const { name, connectionLimit } = spec;
  const server = await readServerFacts(session);
  for (const role of groupRoles(name)) await ensureGroupRole(session, server, role);

  let found = await session.first(sql.findDatabase(name));
  if (found?.connection_limit === HALF_DROPPED) {
    await session.all(sql.dropDatabase(name, server.superuser));
    found = undefined;
  }
  if (!found) await session.all(sql.createDatabase(name, server.versionNumber, server.templateIsUtf8));
  await inTransaction(session, [
    sql.closeDatabaseToPublic(name),
    sql.grantUseOfDatabase(name),
    sql.markDatabase(name, printMark({ ...spec.mark, connectionLimit })),
  ]);
  await session.all(sql.openDatabase(name, connectionLimit));
  await workInside(sessions, session, name, (inside) => furnish(inside, server, name));
}

/** Rights inside the database: the owner role may everything, the reader role sees what the owner role makes. */
async function furnish(inside: Session, server: Server, database: string): Promise<void> {
  const functions = (await inside.all(sql.writingFunctions)).map((row) => row.signature);
  await inTransaction(inside, [
    sql.closePublicSchema,
    sql.grantPublicSchema(database),
    sql.showPublicSchema(database),
    sql.showFutureObjects(database, 'USAGE ON SCHEMAS'),
    sql.showFutureObjects(database, 'SELECT ON TABLES'),
    sql.showFutureObjects(database, 'SELECT ON SEQUENCES'),
    // They belong to the bootstrap superuser. The preflight tells what it means where the administrator is none.
    ...(server.superuser
      ? [sql.closeFunctions(functions), sql.grantFunctions(functions, sql.ownerRole(database))]
      : []),
  ]);
}

/** Applies the limit and remembers it in the mark. The lock of the instance is held. */
export async function setConnectionLimit(session: Session, database: string, connectionLimit: number): Promise<void> {
  const found = await session.first(sql.findDatabase(database));
  if (!found) throw new EngineError(`the database ${database} does not exist on the server`, 'fatal');
  const mark = parseMark(found.comment);
  const logins = await session.all(sql.loginsOf(database, LOGIN_PREFIX));
  await inTransaction(session, [
    ...(mark ? [sql.markDatabase(database, printMark({ ...mark, connectionLimit }))] : []),
    sql.limitDatabase(database, connectionLimit),
    ...logins.map(({ username }) => sql.limitLogin(username, connectionLimit)),
  ]);
}

/** Removes the database with its logins and roles. The lock of the instance is held. */
export async function dropDatabase(sessions: Sessions, session: Session, database: string): Promise<void> {
  const { superuser } = await readServerFacts(session);
  const found = await session.first(sql.findDatabase(database));
  const usable = found !== undefined && found.connection_limit !== HALF_DROPPED;
  const logins = await loginsWithIds(session, database);
  await shutOut(sessions, session, usable ? database : undefined, logins);
  if (usable) {
    await endSessions(session, sql.endSessionsInDatabase(database));
    await rollbackPrepared(sessions, session, database, () => true);
    await session.all(sql.shutDatabase(database));
    await removeReplicationSlots(session, superuser, database);
  }
  if (found) await session.all(sql.dropDatabase(database, superuser));
  for (const { username } of logins) await removeRole(sessions, session, username, undefined);
  for (const role of groupRoles(database)) await removeRole(sessions, session, role, undefined);
}

async function loginsWithIds(session: Session, database: string): Promise<{ username: string; oid: number }[]> {
  const logins: { username: string; oid: number }[] = [];
  for (const { username } of await session.all(sql.loginsOf(database, LOGIN_PREFIX))) {
    const role = await session.first(sql.findRole(username));
    if (role) logins.push({ username, oid: role.oid });
  }
  return logins;
}

/** DROP DATABASE refuses while a logical slot refers to the database, even with FORCE. */
async function removeReplicationSlots(session: Session, superuser: boolean, database: string): Promise<void> {
  const slots = await session.all(sql.replicationSlotsOf(database));
  if (slots.length === 0) return;
  if (!superuser) {
    const names = slots.map(({ slot }) => slot).join(', ');
    throw new EngineError(
      `replication slots keep ${database} from being dropped: ${names}. Drop them with pg_drop_replication_slot()`,
      'retry',
    );
  }
  await endSessions(session, sql.endSessionsInDatabase(database));
  await session.all(sql.dropReplicationSlotsOf(database));
}
