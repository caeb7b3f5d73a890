import type { Census } from '../engine.ts';
import { DATABASE_PREFIX, LOGIN_PREFIX } from '../names.ts';
import { readServerFacts } from './read-server.ts';
import type { Session } from './session.ts';
import * as sql from './statements.ts';

/**
 * What carries the broker's names on this server: databases and accounts that are there, databases that only have a
 * mark, and logins only recorded. Logins kept for their definers are among them, locked.
 */
export async function takeCensus(session: Session): Promise<Census> {
  const server = await readServerFacts(session);
  const marks = new Map((await session.all(sql.listMarks)).map((row) => [row.name, row]));
  const databases = await session.all(sql.listDatabases(DATABASE_PREFIX));
  const homes = new Map((await session.all(sql.listLogins)).map((row) => [row.username, row.database_name]));
  const accounts = await session.all(sql.listAccounts(LOGIN_PREFIX));
  const locked = new Set((await session.all(sql.listLockedAccounts(server, LOGIN_PREFIX))).map((row) => row.User));
  return {
    databases: databases.map(({ name }) => {
      const mark = marks.get(name);
      return { name, mark: mark && { instanceId: mark.instance_id, scope: mark.scope } };
    }),
    logins: accounts.map(({ User: username }) => ({
      username,
      locked: locked.has(username),
      database: homes.get(username),
    })),
  };
}
