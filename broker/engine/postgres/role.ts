import { readerRole, ownerRole } from './statements.ts';
import * as sql from './statements.ts';
import { endSessions } from './end-sessions.ts';
import { workInside } from './inside.ts';
import type { Server } from './server.ts';
import type { Session, Sessions } from './session.ts';

/** Creates a role that cannot log in, unless it is there, and sees that the administrator can act for it. */
export async function ensureGroupRole(session: Session, server: Server, role: string): Promise<void> {
  if (!(await session.first(sql.findRole(role)))) await session.all(sql.createGroupRole(role));
  await ensureCommand(session, server, role);
}

/** A superuser commands every role; another administrator only those it is a member of. */
export async function ensureCommand(session: Session, server: Server, role: string): Promise<void> {
  if (!server.superuser) await session.all(sql.joinRole(role, server.admin, server.versionNumber));
}

/**
 * Drops a role wherever on the server something refers to it. In the instance's own database `heir` inherits what the
 * role owns. Everywhere else the role can only have been granted something by a neighbour, and that is revoked.
 * Its sessions are ended before and once more after: one may have been half-way through logging in.
 */
export async function removeRole(
  sessions: Sessions,
  session: Session,
  role: string,
  home: { readonly database: string; readonly heir: string } | undefined,
): Promise<void> {
  const found = await session.first(sql.findRole(role));
  if (!found) return;
  for (const { database } of await session.all(sql.databasesThatMention(found.oid))) {
    await workInside(sessions, session, database, async (inside) => {
      if (home?.database === database) await inside.all(sql.reassignOwned(role, home.heir));
      await inside.all(sql.dropOwned(role));
    });
  }
  await session.all(sql.dropRole(role));
  await endSessions(session, sql.endSessionsOfRole(found.oid));
}

/** The two roles of an instance. The owner goes last: the logins are found through it. */
export const groupRoles = (database: string): readonly string[] => [readerRole(database), ownerRole(database)];
