import { createConnection } from 'mysql2/promise';
import pg from 'pg';

/** Of a binding. */
export interface Credentials {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
}

/** One connection of a tenant. */
export interface TenantSession {
  /** Makes the tables. */
  prepare(): Promise<void>;
  /** One small transaction as of a bank (TPC-B): three rows changed, one read, one added. */
  transaction(): Promise<void>;
}

/** Opens a connection; clients of different numbers do not wait for each other's rows. */
export type Connect = (credentials: Credentials, client: number) => Promise<TenantSession>;

const ACCOUNTS = 1_000;
const MOST_CLIENTS = 64;

const TABLES = [
  'CREATE TABLE accounts (id integer PRIMARY KEY, balance bigint NOT NULL)',
  'CREATE TABLE tellers (id integer PRIMARY KEY, balance bigint NOT NULL)',
  'CREATE TABLE branches (id integer PRIMARY KEY, balance bigint NOT NULL)',
  'CREATE TABLE history (account integer NOT NULL, teller integer NOT NULL, amount bigint NOT NULL)',
] as const;

const rows = (count: number): string => Array.from({ length: count }, (_, id) => `(${id}, 0)`).join(', ');

const FILL = [
  `INSERT INTO accounts VALUES ${rows(ACCOUNTS)}`,
  `INSERT INTO tellers VALUES ${rows(MOST_CLIENTS)}`,
  `INSERT INTO branches VALUES ${rows(MOST_CLIENTS)}`,
] as const;

/** With `?` as MySQL has it. */
const STATEMENTS = {
  account: 'UPDATE accounts SET balance = balance + ? WHERE id = ?',
  read: 'SELECT balance FROM accounts WHERE id = ?',
  teller: 'UPDATE tellers SET balance = balance + ? WHERE id = ?',
  branch: 'UPDATE branches SET balance = balance + ? WHERE id = ?',
  history: 'INSERT INTO history (account, teller, amount) VALUES (?, ?, ?)',
} as const;

type Run = (statement: keyof typeof STATEMENTS | 'begin' | 'commit', values?: readonly number[]) => Promise<void>;

async function transact(run: Run, client: number): Promise<void> {
  const account = Math.floor(Math.random() * ACCOUNTS);
  const amount = Math.floor(Math.random() * 1_000);
  await run('begin');
  await run('account', [amount, account]);
  await run('read', [account]);
  await run('teller', [amount, client]);
  await run('branch', [amount, client]);
  await run('history', [account, client, amount]);
  await run('commit');
}

export const connectPostgres: Connect = async (credentials, number) => {
  const { host, port, database, username: user, password } = credentials;
  const client = new pg.Client({ host, port, database, user, password });
  await client.connect();
  const run: Run = async (statement, values = []) => {
    if (statement === 'begin' || statement === 'commit') {
      await client.query(statement);
      return;
    }
    let position = 0;
    const text = STATEMENTS[statement].replaceAll('?', () => `$${(position += 1)}`);
    await client.query({ name: statement, text, values: [...values] });
  };
  return {
    prepare: async () => {
      for (const text of [...TABLES, ...FILL]) await client.query(text);
    },
    transaction: () => transact(run, number),
  };
};

export const connectMysql: Connect = async (credentials, number) => {
  const { host, port, database, username: user, password } = credentials;
  const connection = await createConnection({ host, port, database, user, password });
  const run: Run = async (statement, values = []) => {
    if (statement === 'begin' || statement === 'commit') await connection.query(statement);
    else await connection.execute(STATEMENTS[statement], [...values]);
  };
  return {
    prepare: async () => {
      for (const text of [...TABLES, ...FILL]) await connection.query(text);
    },
    transaction: () => transact(run, number),
  };
};
