import type { Census } from '../engine.ts';
import { parseMark } from '../mark.ts';
import { DATABASE_PREFIX, LOGIN_PREFIX } from '../names.ts';
import type { Session } from './session.ts';
import * as sql from './statements.ts';

/** What carries the broker's names on this server. A login's database is read from the role it can become. */
export async function takeCensus(session: Session): Promise<Census> {
  const databases = await session.all(sql.listDatabases(DATABASE_PREFIX));
  const logins = await session.all(sql.listLogins(LOGIN_PREFIX));
  return {
    databases: databases.map(({ name, comment }) => {
      const mark = parseMark(comment);
      return { name, mark: mark && { instanceId: mark.instanceId, scope: mark.scope } };
    }),
    logins: logins.map(({ username, locked, role }) => ({
      username,
      locked,
      database: role?.replace(/_(own|ro)$/, ''),
    })),
  };
}
