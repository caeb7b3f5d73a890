import type { Census } from '../engine.ts';
import { DATABASE_PREFIX, LOGIN_PREFIX } from '../names.ts';
import { readServerFacts } from './read-server.ts';
import type { Session } from './session.ts';
import * as sql from './statements.ts';

/**
 * What carries the broker's names on this server: databases and accounts that are there, databases that only have a
 * mark, and logins only recorded. Logins kept for their definers are among them, locked, and so are the accounts that
 * took over the events of a database.
 */
export async function takeCensus(session: Session): Promise<Census> {
  const server = await readServerFacts(session);
  const marks = new Map((await session.all(sql.listMarks)).map((row) => [row.name, row]));
  const databases = await session.all(sql.listDatabases(DATABASE_PREFIX));
  const homes = new Map((await session.all(sql.listLogins)).map((row) => [row.username, row.database_name]));
  const accounts = await session.all(sql.listAccounts(LOGIN_PREFIX));
  const owners = await session.all(sql.listAccounts(DATABASE_PREFIX));
  const locked = new Set<string>();
  for (const prefix of [LOGIN_PREFIX, DATABASE_PREFIX]) {
    for (const row of await session.all(sql.listLockedAccounts(server, prefix))) locked.add(row.User);
  }
  // An owner account is named like its database (sql.ownerAccount).
  for (const { User } of owners) homes.set(User, User);
  return {
    databases: databases.map(({ name }) => {
      const mark = marks.get(name);
      return { name, mark: mark && { instanceId: mark.instance_id, scope: mark.scope } };
    }),
    logins: [...accounts, ...owners].map(({ User: username }) => ({
      username,
      locked: locked.has(username),
      database: homes.get(username),
    })),
  };
}
