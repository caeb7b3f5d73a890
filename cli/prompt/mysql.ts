import { createConnection } from 'mysql2/promise';
import type { FieldPacket, ResultSetHeader } from 'mysql2/promise';
import { CONNECT_TIMEOUT_MS } from './database.ts';
import type { DatabaseAddress, DatabaseConnection, StatementResult } from './database.ts';

export async function connectMysql(address: DatabaseAddress, onLost: () => void): Promise<DatabaseConnection> {
  const connection = await createConnection({
    host: address.host,
    port: address.port,
    user: address.username,
    password: address.password,
    database: address.database,
    connectTimeout: CONNECT_TIMEOUT_MS,
    rowsAsArray: true,
    // Values as the server writes them: dates without a time zone, numbers without rounding.
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    ...(address.ca === undefined ? {} : { ssl: { ca: address.ca, verifyIdentity: true } }),
  });
  connection.on('error', onLost);
  return {
    run: async (statement) => {
      const [answer, fields] = await connection.query(statement);
      return [toResult(answer, fields)];
    },
    close: () => connection.end(),
  };
}

function toResult(answer: unknown, fields: FieldPacket[] | undefined): StatementResult {
  if (Array.isArray(answer)) {
    return {
      columns: (fields ?? []).map(({ name }) => name),
      rows: answer as unknown[][],
      summary: `SELECT ${answer.length}`,
    };
  }
  return { columns: [], rows: [], summary: `OK ${(answer as ResultSetHeader).affectedRows}` };
}
