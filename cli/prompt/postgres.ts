import pg from 'pg';
import type { QueryArrayResult } from 'pg';
import { affected, CONNECT_TIMEOUT_MS } from './database.ts';
import type { DatabaseAddress, DatabaseConnection, StatementResult } from './database.ts';

/** Values as the server writes them: a prompt shows what is stored, not what JavaScript makes of it. */
const asText = { getTypeParser: () => (value: string | Buffer) => value.toString() };

export async function connectPostgres(address: DatabaseAddress, onLost: () => void): Promise<DatabaseConnection> {
  const client = clientFor(address);
  client.on('error', onLost);
  await client.connect();
  // Asked now: a connection with a running statement answers nothing.
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const pid = rows[0]?.pid;
  return {
    run: async (statement) => {
      // Without parameters pg uses the simple protocol, in which one text may hold several statements.
      const answer: QueryArrayResult | QueryArrayResult[] = await client.query({
        text: statement,
        rowMode: 'array',
        types: asText,
      });
      return (Array.isArray(answer) ? answer : [answer]).map(toResult);
    },
    cancel: async () => {
      const second = clientFor(address);
      second.on('error', () => undefined);
      try {
        await second.connect();
        await second.query('SELECT pg_cancel_backend($1)', [pid]);
      } finally {
        await second.end();
      }
    },
    close: () => client.end(),
  };
}

function clientFor(address: DatabaseAddress): pg.Client {
  return new pg.Client({
    host: address.host,
    port: address.port,
    user: address.username,
    password: address.password,
    database: address.database,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'svcat',
    ...(address.ca === undefined ? {} : { ssl: { ca: address.ca, host: address.host } }),
  });
}

function toResult(answer: QueryArrayResult): StatementResult {
  const { fields, rows, command, rowCount } = answer;
  return {
    columns: fields.map(({ name }) => name),
    rows: rows as unknown[][],
    // The server has no command to name for an empty statement.
    summary: (command as string | null) === null ? '' : affected(rowCount ?? undefined),
  };
}
