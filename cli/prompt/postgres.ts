import pg from 'pg';
import type { QueryArrayResult } from 'pg';
import { CONNECT_TIMEOUT_MS } from './database.ts';
import type { DatabaseAddress, DatabaseConnection, StatementResult } from './database.ts';

/** Values as the server writes them: a prompt shows what is stored, not what JavaScript makes of it. */
const asText = { getTypeParser: () => (value: string | Buffer) => value.toString() };

export async function connectPostgres(address: DatabaseAddress, onLost: () => void): Promise<DatabaseConnection> {
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    user: address.username,
    password: address.password,
    database: address.database,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'svcat',
    ...(address.ca === undefined ? {} : { ssl: { ca: address.ca, host: address.host } }),
  });
  client.on('error', onLost);
  await client.connect();
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
    close: () => client.end(),
  };
}

function toResult(answer: QueryArrayResult): StatementResult {
  const { fields, rows, command, rowCount } = answer;
  return {
    columns: fields.map(({ name }) => name),
    rows: rows as unknown[][],
    // The server has no command to name for an empty statement.
    summary: [command as string | null, rowCount].filter((part) => part !== null).join(' '),
  };
}
