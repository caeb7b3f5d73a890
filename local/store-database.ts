import pg from 'pg';
import type { ServerAddress } from './servers/server.ts';

const NAME = 'broker_store';

/**
 * The broker's database on its own cluster, with a login that owns it and is no superuser; made when absent, its
 * password set. Returns its URL, without a password.
 */
export async function ensureStoreDatabase(server: ServerAddress, password: string): Promise<string> {
  const client = new pg.Client({
    host: server.host,
    port: server.port,
    user: server.username,
    password: server.password,
    database: 'postgres',
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const roles = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [NAME]);
    if (roles.rowCount === 0) await client.query(`CREATE ROLE ${NAME} LOGIN`);
    // ALTER ROLE takes no parameters; the server quotes the literal.
    const { rows } = await client.query<{ statement: string }>(
      `SELECT format('ALTER ROLE ${NAME} PASSWORD %L', $1::text) AS statement`,
      [password],
    );
    if (rows[0]) await client.query(rows[0].statement);
    const databases = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [NAME]);
    if (databases.rowCount === 0) await client.query(`CREATE DATABASE ${NAME} OWNER ${NAME}`);
    await client.query(`REVOKE ALL ON DATABASE ${NAME} FROM PUBLIC`);
  } finally {
    await client.end();
  }
  return `postgresql://${NAME}@${server.host}:${server.port}/${NAME}`;
}
