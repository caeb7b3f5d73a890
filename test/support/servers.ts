import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { ServerAddress } from '../../local/servers/server.ts';
import { describeUnless } from './describe-unless.ts';

export type { ServerAddress };

/** What `start-servers.ts` leaves in `SC_TEST_SERVERS`, as JSON. */
export interface TestServers {
  readonly postgres: ServerAddress;
  readonly mysql?: ServerAddress;
  /** Why there is no MySQL server on this machine. */
  readonly mysqlUnavailable?: string;
}

function fromEnvironment(): TestServers {
  const text = process.env['SC_TEST_SERVERS'];
  if (text === undefined) throw new Error('SC_TEST_SERVERS is not set: run this in the jest project "integration"');
  return JSON.parse(text) as TestServers;
}

/** The servers of this test run. Asking for `mysql` throws where there is none; see {@link describeWithMysql}. */
export async function testServers(): Promise<{ readonly postgres: ServerAddress; readonly mysql: ServerAddress }> {
  const servers = fromEnvironment();
  return {
    postgres: servers.postgres,
    get mysql(): ServerAddress {
      if (!servers.mysql) throw new Error(servers.mysqlUnavailable ?? 'there is no MySQL server');
      return servers.mysql;
    },
  };
}

/** `describe` for tests that need MySQL, where there is one. */
export function describeWithMysql(name: string, tests: () => void): void {
  const { mysql, mysqlUnavailable } = fromEnvironment();
  describeUnless(mysql ? undefined : (mysqlUnavailable ?? 'no MySQL server'), name, tests);
}

/** An empty database for a broker's store, with a login of its own that owns it and is no superuser. */
export interface StoreDatabase {
  /** `postgres://user@host:port/database`, without the password. */
  readonly url: string;
  readonly password: string;
  /** Ends every session on it and drops it and its login. */
  drop(): Promise<void>;
}

/** Makes a {@link StoreDatabase} on the PostgreSQL of this test run. */
export async function createStoreDatabase(): Promise<StoreDatabase> {
  const { postgres } = await testServers();
  const name = `store_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  await asAdministrator(postgres, async (client) => {
    await client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
    await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
  });
  return {
    url: `postgres://${name}@${postgres.host}:${postgres.port}/${name}`,
    password,
    drop: () =>
      asAdministrator(postgres, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
        await client.query(`DROP ROLE IF EXISTS ${name}`);
      }),
  };
}

async function asAdministrator(address: ServerAddress, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    user: address.username,
    password: address.password,
    database: 'postgres',
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
