import { randomBytes } from 'node:crypto';
import type { EngineKind } from '../../../../broker/engine/engine.ts';
import type { Client } from './client.ts';

/** An administrator as a managed service hands it out, and how to get rid of it. */
export interface RestrictedAdmin {
  readonly username: string;
  readonly password: string;
  remove(): Promise<void>;
}

/** What the documentation tells operators to grant on MySQL and MariaDB, in their words. */
const MYSQL_RIGHTS = [
  'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, CREATE TEMPORARY TABLES, LOCK TABLES',
  'EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER, CREATE USER, PROCESS',
].join(', ');

/**
 * An administrator without SUPER or superuser. `without` leaves out rights that it should have; `root` makes it.
 */
export async function createRestrictedAdmin(
  kind: EngineKind,
  root: Client,
  product: string,
  { without = [] }: { readonly without?: readonly string[] } = {},
): Promise<RestrictedAdmin> {
  const username = `scadmin${randomBytes(5).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  if (kind === 'postgresql') {
    const attributes = ['CREATEDB', 'CREATEROLE'].filter((one) => !without.includes(one));
    await root.query(`CREATE ROLE ${username} LOGIN ${attributes.join(' ')} PASSWORD '${password}'`);
    await root.query(`GRANT CONNECT ON DATABASE postgres TO ${username}`);
    return {
      username,
      password,
      remove: async () => {
        await root.query(`DROP OWNED BY ${username}`);
        await root.query(`DROP ROLE ${username}`);
      },
    };
  }
  const dynamic = await dynamicRights(root, product);
  await root.query(`CREATE USER '${username}'@'%' IDENTIFIED BY '${password}'`);
  const wanted = MYSQL_RIGHTS.split(', ').filter((right) => !without.includes(right));
  await root.query(`GRANT ${wanted.join(', ')} ON *.* TO '${username}'@'%' WITH GRANT OPTION`);
  for (const right of dynamic.filter((one) => !without.includes(one))) {
    await root.query(`GRANT ${right} ON *.* TO '${username}'@'%'`);
  }
  return {
    username,
    password,
    remove: async () => {
      await root.query(`DROP USER '${username}'@'%'`);
    },
  };
}

/** To end other accounts' sessions and to name another definer; before them there was only SUPER. */
async function dynamicRights(root: Client, product: string): Promise<string[]> {
  if (product === 'MariaDB') return ['CONNECTION ADMIN', 'SET USER'];
  const [row] = await root.query('SELECT version() AS version');
  const [major = 0, minor = 0] = String(row!['version']).split('.').map(Number);
  if (major < 8) return ['SUPER'];
  return ['CONNECTION_ADMIN', major > 8 || minor >= 2 ? 'SET_ANY_DEFINER' : 'SET_USER_ID'];
}
