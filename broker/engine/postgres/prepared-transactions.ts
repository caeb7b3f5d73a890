import { workInside } from './inside.ts';
import { readServerFacts } from './read-server.ts';
import type { Session, Sessions } from './session.ts';
import * as sql from './statements.ts';

/**
 * Rolls back prepared transactions of a database. They outlive every session, hold their locks for ever and keep the
 * database from being dropped. PostgreSQL wants it done from inside that database by the transaction's owner or a
 * superuser.
 */
export async function rollbackPrepared(
  sessions: Sessions,
  session: Session,
  database: string,
  which: (prepared: sql.PreparedTransactionRow) => boolean,
): Promise<void> {
  const prepared = (await session.all(sql.preparedTransactionsIn(database))).filter(which);
  if (prepared.length === 0) return;
  const { superuser } = await readServerFacts(session);
  await workInside(sessions, session, database, async (inside) => {
    for (const { gid, owner } of prepared) {
      if (!superuser) await inside.all(sql.actAs(owner));
      await inside.all(sql.rollbackPrepared(gid));
      if (!superuser) await inside.all(sql.actAsMyself);
    }
  });
}
