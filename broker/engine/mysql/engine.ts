import type { EngineConfig } from '../config.ts';
import type { Engine } from '../engine.ts';
import { requireConnectionLimit, requireDatabaseName, requirePassword, requireUsername } from '../guards.ts';
import { createKeyedMutex } from '../keyed-mutex.ts';
import { repeatWhileTransient } from '../transient.ts';
import { ensureAdministration, whileLocked } from './administration.ts';
import { takeCensus } from './census.ts';
import { createDatabase, dropDatabase, setConnectionLimit } from './database.ts';
import { errorNumber, isTransient, toEngineError } from './errors.ts';
import { createLogin, dropLogin } from './login.ts';
import { preflight } from './preflight.ts';
import { createSessions } from './session.ts';
import type { Session } from './session.ts';
import { ping } from './statements.ts';

/** "Unknown database", "table doesn't exist". */
const MISSING = new Set([1049, 1146]);
/** How long one piece of work waits for the others on the same instance. */
const TURN_MS = 60_000;

/**
 * MySQL 5.7 to 9 and MariaDB 10.4 and later. Per instance a database; per binding an account with rights on that
 * database alone. A dropped account that views, routines or triggers name as their definer stays locked until the
 * instance goes.
 */
export function createMysqlEngine(config: EngineConfig): Engine {
  const sessions = createSessions(config);
  const mutex = createKeyedMutex();
  /** The secret of the server's locks, once the broker's own database is known to be there. */
  let lockSecret: string | undefined;

  const named = async <T>(action: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw toEngineError(`${action} on ${config.name}`, error);
    }
  };

  /** With the broker's own database made ready; made again when somebody dropped it meanwhile. */
  const administered = <T>(work: (session: Session, secret: string) => Promise<T>): Promise<T> =>
    repeatWhileTransient(
      () =>
        sessions.maintenance(async (session) => {
          lockSecret ??= await ensureAdministration(session);
          return work(session, lockSecret);
        }),
      (error) => isTransient(error) || (lockSecret !== undefined && MISSING.has(errorNumber(error) ?? 0)),
      async (error) => {
        if (MISSING.has(errorNumber(error) ?? 0)) lockSecret = undefined;
      },
    );

  /** Alone on the instance, in this process and on the server. */
  const alone = (action: string, database: string, work: (session: Session) => Promise<void>): Promise<void> =>
    named(action, () =>
      mutex.run(database, TURN_MS, () =>
        administered((session, secret) => whileLocked(session, secret, database, () => work(session))),
      ),
    );

  return {
    kind: 'mysql',
    capabilities: { connectionLimit: 'login' },

    preflight: () => named('look at the server', () => sessions.maintenance((session) => preflight(config, session))),

    async createDatabase(spec) {
      requireDatabaseName(spec.name);
      requireConnectionLimit(spec.connectionLimit);
      await alone(`create database ${spec.name}`, spec.name, (session) => createDatabase(session, spec));
    },

    async setConnectionLimit(database, connectionLimit) {
      requireDatabaseName(database);
      requireConnectionLimit(connectionLimit);
      await alone(`limit connections to ${database}`, database, (session) =>
        setConnectionLimit(session, database, connectionLimit),
      );
    },

    async dropDatabase(database) {
      requireDatabaseName(database);
      await alone(`drop database ${database}`, database, (session) => dropDatabase(session, database));
    },

    async createLogin(spec) {
      requireDatabaseName(spec.database);
      requireUsername(spec.username);
      requirePassword(spec.password);
      requireConnectionLimit(spec.connectionLimit);
      await alone(`create login ${spec.username}`, spec.database, (session) =>
        createLogin(session, spec, config.advertisedTls),
      );
    },

    async dropLogin(database, username) {
      requireDatabaseName(database);
      requireUsername(username);
      await alone(`drop login ${username}`, database, (session) => dropLogin(session, database, username));
    },

    census: () => named('take the census', () => administered(takeCensus)),

    ping: () =>
      named('reach the server', async () => {
        await sessions.maintenance((session) => session.all(ping));
      }),

    close: () => sessions.close(),
  };
}
