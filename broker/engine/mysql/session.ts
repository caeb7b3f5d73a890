import { createPool } from 'mysql2/promise';
import type { PoolConnection, RowDataPacket } from 'mysql2/promise';
import type { EngineConfig } from '../config.ts';
import { EngineError } from '../engine.ts';
import { pinSession } from './statements.ts';
import type { Statement } from './statements.ts';

/** One administrator connection. No database is ever selected on it. */
export interface Session {
  /** Runs the statement and gives its rows. */
  all<Row>(statement: Statement<Row>): Promise<Row[]>;
  /** The first row, or undefined. */
  first<Row>(statement: Statement<Row>): Promise<Row | undefined>;
}

/** The administrator's connections to one server. */
export interface Sessions {
  maintenance<T>(work: (session: Session) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const QUERY_TIMEOUT_MS = 60_000;

/** Opens nothing by itself; the first use connects. */
export function createSessions(config: EngineConfig): Sessions {
  const { admin } = config;
  const pool = createPool({
    host: admin.host,
    port: admin.port,
    user: admin.username,
    password: admin.password,
    charset: 'utf8mb4',
    connectionLimit: config.maxConnections ?? 4,
    maxIdle: config.maxConnections ?? 4,
    idleTimeout: 30_000,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    multipleStatements: false,
    // A server must never make the broker read its own files.
    flags: ['-LOCAL_FILES'],
    ...(admin.tls
      ? {
          ssl: {
            ...(admin.tls.ca ? { ca: admin.tls.ca } : {}),
            rejectUnauthorized: admin.tls.rejectUnauthorized ?? true,
          },
        }
      : {}),
  });
  const pinned = new WeakSet();
  let closed: Promise<void> | undefined;

  return {
    async maintenance(work) {
      const connection = await pool.getConnection();
      let broken = true;
      try {
        const session = sessionOver(connection);
        if (!pinned.has(connection.connection)) {
          for (const statement of pinSession) await session.all(statement);
          pinned.add(connection.connection);
        }
        const result = await work(session);
        broken = false;
        return result;
      } finally {
        // After a failure nobody knows what the connection still holds (the instance's lock, an open transaction).
        if (broken) connection.destroy();
        else connection.release();
      }
    },

    async close() {
      closed ??= pool.end();
      await closed;
    },
  };
}

function sessionOver(connection: PoolConnection): Session {
  const all: Session['all'] = async <Row>({ text, values }: Statement<Row>) => {
    // With values: prepared on the server, which does the quoting; the driver's own quoting puts backslashes, which
    // NO_BACKSLASH_ESCAPES takes literally. Without: as text, because account statements cannot be prepared.
    const [rows] = await answered(
      values ? connection.execute<RowDataPacket[]>(text, [...values]) : connection.query<RowDataPacket[]>(text),
    );
    return Array.isArray(rows) ? (rows as Row[]) : [];
  };
  return { all, first: async (statement) => (await all(statement))[0] };
}

/**
 * The driver's own time limit leaves its timer behind when a connection breaks, and holds the process up with it. The
 * connection of an answer that never came is thrown away like every other that failed.
 */
async function answered<T>(query: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new EngineError(`the server has not answered within ${QUERY_TIMEOUT_MS / 1000} s`, 'retry'));
    }, QUERY_TIMEOUT_MS);
  });
  try {
    return await Promise.race([query, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
