/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- `query<Row>` is where a statement says which columns it returns */
import pg from 'pg';
import { errorCode, toError } from '../../lib/runtime/errors.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import { GatheringSocket } from './gathering-socket.ts';

/** How to reach the store. */
export interface StoreAddress {
  readonly url: string;
  readonly password: string;
  readonly tls?: { readonly ca: string };
}

/** The store did not answer; nothing is known to be wrong with what was asked. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/**
 * Runs one statement; a pool outside, a client inside a transaction. Inside a transaction statements that do not need
 * each other's answers may be sent together (`Promise.all`): the server runs them in order, for one round trip.
 *
 * With values, be it none, a statement is prepared; without, its text is sent as it is and may be several statements.
 */
export interface Queryable {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<{ rows: Row[]; rowCount: number }>;
}

/** No statement of ours is long; a longer one is stuck. */
const STATEMENT_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Settings of a connection to the store. */
export function connectionSettings(address: StoreAddress): pg.ClientConfig {
  // Not `connectionString`: the driver would take the password from it, where there is none.
  const url = new URL(address.url);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 5432 : Number(url.port),
    user: decodeURIComponent(url.username),
    database: decodeURIComponent(url.pathname.slice(1)),
    password: address.password,
    application_name: 'service-catalog-broker',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // The server ends the statement first; this notices a server that does not answer at all.
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    // A plan of ours is the same for all values; by default the server makes five for certain values before it believes that.
    options: '-c plan_cache_mode=force_generic_plan',
    // A statement is sent without waiting for the answers to those before it, and with those that go at the same moment.
    pipeline: true,
    stream: () => new GatheringSocket(),
    ...(address.tls ? { ssl: { ca: address.tls.ca, rejectUnauthorized: true } } : {}),
  };
}

/** The store's database: statements and transactions over a pool. */
export class Database implements Queryable {
  readonly #pool: pg.Pool;
  readonly #names = new Map<string, string>();

  constructor(address: StoreAddress, log: Logger, connections = 10) {
    this.#pool = new pg.Pool({ ...connectionSettings(address), max: connections, idleTimeoutMillis: 30_000 });
    // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
    this.#pool.on('error', (error) => {
      log.warn({ err: toError(error) }, 'an idle connection to the store broke');
    });
    // So would one that breaks between two statements of a transaction; the next statement tells.
    this.#pool.on('connect', (client) => {
      client.on('error', () => undefined);
    });
  }

  async query<Row extends object>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number }> {
    try {
      const result = await this.#pool.query<Row>(this.#prepared(text, values));
      return { rows: result.rows, rowCount: result.rowCount ?? 0 };
    } catch (thrown) {
      throw sorted(thrown);
    }
  }

  /** Runs `work` in one transaction (READ COMMITTED); whatever it throws undoes everything. */
  async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw sorted(error);
    });
    let broken: Error | undefined;
    try {
      // Sent with the first statements, so these must only read and lock: nothing is written before its answer is here.
      const begun = client.query('BEGIN');
      begun.catch(() => undefined);
      const result = await work({
        query: async <Row extends object>(text: string, values?: readonly unknown[]) => {
          const [answer] = await Promise.all([client.query<Row>(this.#prepared(text, values)), begun]);
          return { rows: answer.rows, rowCount: answer.rowCount ?? 0 };
        },
      });
      await client.query('COMMIT');
      return result;
    } catch (thrown) {
      await client.query('ROLLBACK').catch((error: unknown) => {
        broken = toError(error);
      });
      throw sorted(thrown);
    } finally {
      // A connection that could not even roll back is not given to anybody else.
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /**
   * Statements with values are parsed and planned once a connection. There are only so many texts, since none is put
   * together from data; each names its columns, so that a migration by a newer replica does not make a plan unusable.
   */
  #prepared(text: string, values: readonly unknown[] | undefined): pg.QueryConfig {
    if (values === undefined) return { text };
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `broker_${this.#names.size + 1}`;
      this.#names.set(text, name);
    }
    return { name, text, values: [...values] };
  }
}

/**
 * SQLSTATE of a server that is starting, stopping, full or gone (whole classes), and of a statement that waited too long
 * or for a transaction that waited for it: whoever asks again gets his answer.
 */
const UNAVAILABLE_STATES = /^(08|53|57P|58|57014|55P03|40P01)/;

/** A failure that passes by itself as {@link StoreUnavailableError}; anything else as it is. */
function sorted(thrown: unknown): Error {
  const error = toError(thrown);
  const code = errorCode(thrown);
  // What the server said has a SQLSTATE, what the system said a code such as ECONNREFUSED; the driver's own have none.
  const isConnection =
    code === undefined
      ? /timeout|Connection terminated|not queryable|connection error/i.test(error.message)
      : UNAVAILABLE_STATES.test(code) || /^E[A-Z]{3,}$/.test(code);
  return isConnection
    ? new StoreUnavailableError(`the store did not answer: ${error.message}`, { cause: error })
    : error;
}
