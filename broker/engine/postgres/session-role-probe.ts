import type { Client } from 'pg';
import { newPassword } from '../names.ts';
import { scramVerifier } from './credential.ts';
import { ensureCommand } from './role.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';
import * as sql from './statements.ts';

/** Apart from the prefixes of databases and logins, so that no census ever counts a probe. */
const PROBE = 'scprobe';

/** What the probe saw: `kept`, or `lost`, or that it could not log in, with the server's reason. */
export type SessionRoleProbe = 'kept' | 'lost' | { readonly unproven: string };

/**
 * Does a login come back to the role set for it after DISCARD ALL, which poolers send between clients? Releases of
 * November 2024 (17.1, 16.5, 15.9, 14.14) lost it. `connect` gives a client of the administrator's database for a
 * name and a password. The advisory lock of the preflight is held.
 */
export async function probeSessionRole(
  session: Session,
  server: Server,
  database: string,
  connect: (username: string, password: string) => Client,
): Promise<SessionRoleProbe> {
  await removeProbe(session, database);
  const login = `${PROBE}_login`;
  const group = `${PROBE}_group`;
  const password = newPassword();
  try {
    await session.all(sql.createGroupRole(group));
    await session.all(
      sql.createLogin({ username: login, verifier: await scramVerifier(password), connectionLimit: 1 }),
    );
    await ensureCommand(session, server, login);
    await session.all(sql.grantMembership(group, login, server.versionNumber));
    await session.all(sql.setSessionRoleEverywhere(login, group));
    await session.all(sql.grantConnect(database, login));
    return await askAs(connect(login, password), group);
  } finally {
    await removeProbe(session, database);
  }
}

async function askAs(client: Client, group: string): Promise<SessionRoleProbe> {
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql.discardAll.text);
    const result = await client.query<{ role: string }>(sql.whoAmI.text);
    return result.rows[0]?.role === group ? 'kept' : 'lost';
  } catch (error) {
    return { unproven: error instanceof Error ? error.message : String(error) };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Also what an earlier probe left behind when the broker died. */
async function removeProbe(session: Session, database: string): Promise<void> {
  for (const { role } of await session.all(sql.rolesBeginningWith(`${PROBE}_`))) {
    await session.all(sql.revokeConnect(database, [role]));
    await session.all(sql.dropRole(role));
  }
}
