import { errorCode } from '../../../lib/runtime/errors.ts';
import { parseMark } from '../mark.ts';
import type { Session, Sessions } from './session.ts';
import { findDatabase, limitDatabase } from './statements.ts';

const TOO_MANY_CONNECTIONS = '53300';
const UNLIMITED = -1;

/**
 * Works inside a tenant's database. Its connection limit holds for an administrator without superuser too, and its
 * tenant may have used it up; the limit is then lifted for as long as the work takes. Logins keep their own limits.
 * Should the broker die meanwhile, {@link restoreLimit} puts it right when the database is next worked on.
 */
export async function workInside<T>(
  sessions: Sessions,
  maintenance: Session,
  database: string,
  work: (inside: Session) => Promise<T>,
): Promise<T> {
  try {
    return await sessions.inside(database, work);
  } catch (error) {
    if (errorCode(error) !== TOO_MANY_CONNECTIONS) throw error;
    await maintenance.all(limitDatabase(database, UNLIMITED));
    try {
      return await sessions.inside(database, work);
    } finally {
      await restoreLimit(maintenance, database);
    }
  }
}

/** Gives the database the connection limit of its mark back. */
export async function restoreLimit(maintenance: Session, database: string): Promise<void> {
  const found = await maintenance.first(findDatabase(database));
  if (!found) return;
  const mark = parseMark(found.comment);
  if (mark && found.connection_limit === UNLIMITED) {
    await maintenance.all(limitDatabase(database, mark.connectionLimit));
  }
}
