import { newPassword } from '../names.ts';
import { nativePasswordHash } from './credential.ts';
import { errorNumber } from './errors.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';
import * as sql from './statements.ts';

const NOT_ALLOWED = 1227;

/**
 * A locked account's events go on running, so they leave it: the instance's owner account takes them over, as the
 * owner role owns a table on PostgreSQL. An administrator that may not name another definer can only drop them
 * (altering them without would make the administrator their definer, with all its rights).
 */
export async function takeOverEvents(
  session: Session,
  server: Server,
  database: string,
  username: string,
): Promise<void> {
  const events = await session.all(sql.eventsDefinedBy(database, username));
  if (events.length === 0) return;
  const heir = sql.ownerAccount(database);
  await session.all(sql.createAccount(server, await lockedAttributes(heir)));
  await session.all(sql.grantRights(heir, database, 'readwrite'));
  for (const event of events) {
    try {
      await session.all(sql.giveEventTo(database, event, heir));
    } catch (error) {
      if (errorNumber(error) !== NOT_ALLOWED) throw error;
      await session.all(sql.dropEvent(database, event.name));
    }
  }
}

/**
 * Drops the account, unless views, routines or triggers name it as their definer: without it they would fail for the
 * instance's other bindings. Then it stays, locked, with its rights and with a password that nobody knows.
 */
export async function dropOrRetire(
  session: Session,
  server: Server,
  username: string,
  definers: ReadonlySet<string>,
): Promise<void> {
  if (definers.has(`${username}@%`)) {
    await session.all(sql.changePassword(server, await lockedAttributes(username)));
    await session.all(sql.retireLogin(username));
  } else {
    await session.all(sql.dropAccount(username));
    await session.all(sql.forgetLogin(username));
  }
}

/** For an account that never logs in. */
async function lockedAttributes(username: string): Promise<sql.AccountAttributes> {
  const password = newPassword();
  return { username, password, passwordHash: nativePasswordHash(password), connectionLimit: 1, requireTls: false };
}
