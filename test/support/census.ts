import mysql from 'mysql2/promise';
import pg from 'pg';

/** A server as `endpoints.json` names it; the URL is an administrator's. */
export interface AdminServer {
  readonly name: string;
  readonly engine: string;
  readonly url: string;
}

/** What the broker's naming is found on, over all tenant servers. */
export interface ServerCensus {
  readonly databases: string[];
  readonly logins: string[];
  /** Roles that are no logins (PostgreSQL: owner and reader roles of a database). */
  readonly roles: string[];
}

/** Runs one query on a PostgreSQL URL and closes the connection. */
export async function queryPostgres<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** Runs one query on a MySQL URL and closes the connection. */
export async function queryMysql<Row extends mysql.RowDataPacket>(
  url: string,
  sql: string,
  values: string[] = [],
): Promise<Row[]> {
  const connection = await mysql.createConnection({ uri: url });
  try {
    const [rows] = await connection.query<Row[]>(sql, values);
    return rows;
  } finally {
    await connection.end();
  }
}

async function postgresCensus(url: string): Promise<ServerCensus> {
  const databases = await queryPostgres<{ name: string }>(
    url,
    `SELECT datname AS name FROM pg_database WHERE datname LIKE 'scdb%' ORDER BY 1`,
  );
  const roles = await queryPostgres<{ name: string; login: boolean }>(
    url,
    `SELECT rolname AS name, rolcanlogin AS login FROM pg_roles WHERE rolname LIKE 'scdb%' OR rolname LIKE 'scu%' ORDER BY 1`,
  );
  return {
    databases: databases.map((row) => row.name),
    logins: roles.filter((row) => row.name.startsWith('scu')).map((row) => row.name),
    roles: roles.filter((row) => !row.name.startsWith('scu')).map((row) => row.name),
  };
}

async function mysqlCensus(url: string): Promise<ServerCensus> {
  const databases = await queryMysql<mysql.RowDataPacket & { name: string }>(
    url,
    `SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name LIKE 'scdb%' ORDER BY 1`,
  );
  const logins = await queryMysql<mysql.RowDataPacket & { name: string }>(
    url,
    `SELECT User AS name FROM mysql.user WHERE User LIKE 'scu%' OR User LIKE 'scdb%' ORDER BY 1`,
  );
  return { databases: databases.map((row) => row.name), logins: logins.map((row) => row.name), roles: [] };
}

/** Everything of the broker's on these servers together. */
export async function census(servers: readonly AdminServer[]): Promise<ServerCensus> {
  const each = await Promise.all(
    servers.map((server) => (server.engine === 'postgresql' ? postgresCensus(server.url) : mysqlCensus(server.url))),
  );
  return {
    databases: each.flatMap((one) => one.databases),
    logins: each.flatMap((one) => one.logins),
    roles: each.flatMap((one) => one.roles),
  };
}
