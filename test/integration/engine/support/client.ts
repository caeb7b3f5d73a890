import mysql from 'mysql2/promise';
import pg from 'pg';
import type { ServerAddress } from '../../../support/servers.ts';
import type { EngineKind } from '../../../../broker/engine/engine.ts';

export type Row = Record<string, unknown>;

/** Who connects where. */
export interface Identity {
  readonly username: string;
  readonly password: string;
  /** PostgreSQL needs one; on MySQL absent means none chosen. */
  readonly database?: string | undefined;
}

/** A connection as an application has it, the same for both kinds of server. */
export interface Client {
  query(sql: string): Promise<Row[]>;
  /** Resolves when the server ends the connection. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Connects, or rejects with what the server said. */
export function connect(kind: EngineKind, server: ServerAddress, identity: Identity): Promise<Client> {
  return kind === 'postgresql' ? connectPostgres(server, identity) : connectMysql(server, identity);
}

async function connectPostgres(server: ServerAddress, identity: Identity): Promise<Client> {
  const client = new pg.Client({
    host: server.host,
    port: server.port,
    user: identity.username,
    password: identity.password,
    database: identity.database ?? 'postgres',
  });
  const ended = new Promise<void>((resolve) => {
    client.on('error', () => undefined);
    client.on('end', resolve);
  });
  await client.connect();
  return {
    ended,
    query: async (sql) => {
      const result = await client.query(sql);
      return result.rows as Row[];
    },
    close: () => client.end(),
  };
}

async function connectMysql(server: ServerAddress, identity: Identity): Promise<Client> {
  const connection = await mysql.createConnection({
    host: server.host,
    port: server.port,
    user: identity.username,
    password: identity.password,
    ...(identity.database === undefined ? {} : { database: identity.database }),
  });
  const ended = new Promise<void>((resolve) => {
    connection.on('error', () => {
      resolve();
    });
    connection.on('end', () => {
      resolve();
    });
  });
  return {
    ended,
    query: async (sql) => {
      const [rows] = await connection.query(sql);
      return Array.isArray(rows) ? (rows as Row[]) : [];
    },
    close: async () => {
      // A connection that the server ended already refuses a polite goodbye.
      await connection.end().catch(() => undefined);
    },
  };
}
