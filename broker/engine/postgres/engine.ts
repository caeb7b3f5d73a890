import { errorCode } from '../../../lib/runtime/errors.ts';
import type { EngineConfig } from '../config.ts';
import type { Engine } from '../engine.ts';
import { requireConnectionLimit, requireDatabaseName, requirePassword, requireUsername } from '../guards.ts';
import { createKeyedMutex } from '../keyed-mutex.ts';
import { LOGIN_PREFIX } from '../names.ts';
import { repeatWhileTransient } from '../transient.ts';
import { takeCensus } from './census.ts';
import { createDatabase, dropDatabase, setConnectionLimit } from './database.ts';
import { isTransient, toEngineError } from './errors.ts';
import { createLogin, dropLogin } from './login.ts';
import { preflight } from './preflight.ts';
import { createSessions } from './session.ts';
import type { Session } from './session.ts';
import { endSessionsInTheWay, lock, ping, unlock } from './statements.ts';

const LOCK_NOT_AVAILABLE = '55P03';
/** How long one piece of work waits for the others on the same instance. */
const TURN_MS = 60_000;

/**
 * PostgreSQL 14 and later. Per instance a database that the administrator owns, a role `…_own` that owns what the
 * bindings make and a role `…_ro` that may read it; per binding a login that becomes one of the two when it connects.
 */
export function createPostgresEngine(config: EngineConfig): Engine {
  const sessions = createSessions(config);
  const mutex = createKeyedMutex();

  const named = async <T>(action: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw toEngineError(`${action} on ${config.name}`, error);
    }
  };

  /**
   * Alone on the instance, in this process and on the server: grants on one database that meet fail with "tuple
   * concurrently updated". Each attempt has a fresh session, for a failed one may hold anything.
   */
  const alone = (action: string, database: string, work: (session: Session) => Promise<void>): Promise<void> =>
    named(action, () =>
      mutex.run(database, TURN_MS, () =>
        repeatWhileTransient(
          () =>
            sessions.maintenance(async (session) => {
              await session.all(lock(database));
              await work(session);
              await session.all(unlock(database));
            }),
          isTransient,
          async (error) => {
            if (errorCode(error) !== LOCK_NOT_AVAILABLE) return;
            const ended = await sessions.maintenance((session) => session.all(endSessionsInTheWay(LOGIN_PREFIX)));
            if (ended.length > 0) {
              config.log.warn(
                { server: config.name, database, sessions: ended.length },
                'ended sessions of bindings that held locks on roles or databases',
              );
            }
          },
        ),
      ),
    );

  return {
    kind: 'postgresql',
    capabilities: { connectionLimit: 'database' },

    preflight: () => named('look at the server', () => sessions.maintenance((session) => preflight(config, session))),

    async createDatabase(spec) {
      requireDatabaseName(spec.name);
      requireConnectionLimit(spec.connectionLimit);
      await alone(`create database ${spec.name}`, spec.name, (session) => createDatabase(sessions, session, spec));
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
      await alone(`drop database ${database}`, database, (session) => dropDatabase(sessions, session, database));
    },

    async createLogin(spec) {
      requireDatabaseName(spec.database);
      requireUsername(spec.username);
      requirePassword(spec.password);
      requireConnectionLimit(spec.connectionLimit);
      await alone(`create login ${spec.username}`, spec.database, (session) => createLogin(session, spec));
    },

    async dropLogin(database, username) {
      requireDatabaseName(database);
      requireUsername(username);
      await alone(`drop login ${username}`, database, (session) => dropLogin(sessions, session, database, username));
    },

    census: () => named('take the census', () => sessions.maintenance(takeCensus)),

    ping: () =>
      named('reach the server', async () => {
        await sessions.maintenance((session) => session.all(ping));
      }),

    close: () => sessions.close(),
  };
}
