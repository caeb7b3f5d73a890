import { createConnection } from 'mysql2/promise';
import type { Connection, FieldPacket, ResultSetHeader } from 'mysql2/promise';
import { affected, CONNECT_TIMEOUT_MS } from './database.ts';
import type { DatabaseAddress, DatabaseConnection, StatementResult } from './database.ts';

export async function connectMysql(address: DatabaseAddress, onLost: () => void): Promise<DatabaseConnection> {
  const connection = await open(address);
  connection.on('error', onLost);
  return {
    run: async (statement) => {
      const [answer, fields]: [unknown, unknown] = await connection.query(statement);
      return isSeveral(fields)
        ? (answer as unknown[]).map((part, index) => toResult(part, fields[index]))
        : [toResult(answer, fields as FieldPacket[] | undefined)];
    },
    cancel: async () => {
      const second = await open(address);
      try {
        await second.query(`KILL QUERY ${connection.threadId}`);
      } finally {
        second.destroy();
      }
    },
    close: () => connection.end(),
  };
}

function open(address: DatabaseAddress): Promise<Connection> {
  return createConnection({
    host: address.host,
    port: address.port,
    user: address.username,
    password: address.password,
    database: address.database,
    connectTimeout: CONNECT_TIMEOUT_MS,
    rowsAsArray: true,
    // What is typed here is the user's own: one line may hold several statements, as in the mysql client.
    multipleStatements: true,
    // Values as the server writes them: dates without a time zone, numbers without rounding.
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    ...(address.ca === undefined ? {} : { ssl: { ca: address.ca, verifyIdentity: true } }),
  });
}

/** Of several statements the driver gives a list of the fields of each, or undefined for those without rows. */
function isSeveral(fields: unknown): fields is (FieldPacket[] | undefined)[] {
  return (
    Array.isArray(fields) && fields.every((part) => part === undefined || Array.isArray(part)) && fields.length > 0
  );
}

function toResult(answer: unknown, fields: FieldPacket[] | undefined): StatementResult {
  if (Array.isArray(answer)) {
    return {
      columns: (fields ?? []).map(({ name }) => name),
      rows: answer as unknown[][],
      summary: `SELECT ${answer.length}`,
    };
  }
  return { columns: [], rows: [], summary: affected((answer as ResultSetHeader).affectedRows) };
}
