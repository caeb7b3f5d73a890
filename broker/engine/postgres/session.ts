import { Client, Pool } from 'pg';
import type { ClientConfig, PoolClient } from 'pg';
import type { EngineConfig } from '../config.ts';
import type { Statement } from './statements.ts';

/** One administrator connection. */
export interface Session {
  /** Runs the statement and gives its rows. */
  all<Row>(statement: Statement<Row>): Promise<Row[]>;
  /** The first row, or undefined. */
  first<Row>(statement: Statement<Row>): Promise<Row | undefined>;
}

/** The administrator's connections to one server. */
export interface Sessions {
  /** A pooled connection to the administrator's database. */
  maintenance<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** A connection into a tenant's database, closed afterwards: an idle one would stand in the way of DROP DATABASE. */
  inside<T>(database: string, work: (session: Session) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Above statement_timeout: for a server that does not answer at all. */
const QUERY_TIMEOUT_MS = 75_000;

/**
 * Settings of every administrator session. They travel in the startup packet, which outranks whatever was set for the
 * database or the role. With pg_catalog alone on the path, nothing a tenant made can stand in for a function,
 * an operator or a table of the system; `pg_temp` is named last because it would otherwise come first.
 */
const PINNED = {
  search_path: 'pg_catalog,pg_temp',
  role: 'none',
  statement_timeout: '60s',
  lock_timeout: '1s',
  idle_in_transaction_session_timeout: '60s',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read\\ committed',
  row_security: 'off',
  standard_conforming_strings: 'on',
  check_function_bodies: 'off',
  client_min_messages: 'error',
  DateStyle: 'ISO',
};

/** Opens nothing by itself; the first use connects. */
export function createSessions(config: EngineConfig): Sessions {
  const settings = clientSettings(config);
  const pool = new Pool({ ...settings, max: config.maxConnections ?? 4, idleTimeoutMillis: 30_000 });
  // Idle in the pool a broken connection is replaced by the next use. Checked out, with no query under way, nobody else
  // listens, and an 'error' event without a listener ends the process; the next query on it then fails.
  pool.on('error', (error) => {
    config.log.debug({ server: config.name, reason: error.message }, 'an idle administrator connection was lost');
  });
  pool.on('connect', (client) => client.on('error', () => undefined));

  return {
    async maintenance(work) {
      const client = await pool.connect();
      let broken = true;
      try {
        const result = await work(sessionOver(client));
        broken = false;
        return result;
      } finally {
        // After a failure nobody knows what the connection still holds (locks, an open transaction).
        client.release(broken);
      }
    },

    async inside(database, work) {
      const client = new Client({ ...settings, database });
      // A lost connection also fails the query under way, which is where it is reported.
      client.on('error', () => undefined);
      try {
        await client.connect();
        return await work(sessionOver(client));
      } finally {
        await client.end().catch(() => undefined);
      }
    },

    async close() {
      if (!pool.ended) await pool.end();
    },
  };
}

/** A client of the administrator's database for another login, with the login's own settings. */
export function createProbeClient(config: EngineConfig, username: string, password: string): Client {
  return new Client({ ...clientSettings(config), user: username, password, options: '' });
}

function clientSettings(config: EngineConfig): ClientConfig {
  const { admin } = config;
  return {
    host: admin.host,
    port: admin.port,
    user: admin.username,
    password: admin.password,
    database: admin.database ?? 'postgres',
    application_name: 'service-catalog broker',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    options: Object.entries(PINNED)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    ssl: admin.tls ? { ca: admin.tls.ca, rejectUnauthorized: admin.tls.rejectUnauthorized ?? true } : false,
  };
}

function sessionOver(client: Client | PoolClient): Session {
  const all: Session['all'] = async <Row>(statement: Statement<Row>) => {
    const result = await client.query({ text: statement.text, values: [...(statement.values ?? [])] });
    return result.rows as Row[];
  };
  return { all, first: async (statement) => (await all(statement))[0] };
}
