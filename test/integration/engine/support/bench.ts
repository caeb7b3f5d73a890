import { afterAll, beforeAll, describe, expect, jest } from '@jest/globals';
import type { EngineConfig } from '../../../../broker/engine/config.ts';
import type { Access, Engine, EngineKind, LoginSpec } from '../../../../broker/engine/engine.ts';
import { createMysqlEngine } from '../../../../broker/engine/mysql/engine.ts';
import { newDatabaseName, newPassword, newUsername } from '../../../../broker/engine/names.ts';
import { createPostgresEngine } from '../../../../broker/engine/postgres/engine.ts';
import { silentLogger } from '../../../../lib/runtime/log.ts';
import { describeWithMysql, testServers } from '../../../support/servers.ts';
import type { ServerAddress } from '../../../support/servers.ts';
import { connect } from './client.ts';
import type { Client, Identity, Row } from './client.ts';
import { createRestrictedAdmin } from './restricted-admin.ts';

/** A binding's login with what a client needs. */
export type Login = Identity & { readonly database: string };

/** An engine on a real server, and the server's own administrator beside it to look at the state of the world. */
export interface Bench {
  readonly kind: EngineKind;
  /** True when the engine's administrator is no superuser. */
  readonly restricted: boolean;
  readonly server: ServerAddress;
  readonly engine: Engine;
  /** An instance that is removed after the tests; its database's name. */
  instance(connectionLimit?: number): Promise<string>;
  bind(database: string, access?: Access, connectionLimit?: number): Promise<Login>;
  /** A connection that is closed after the tests. */
  connect(identity: Identity): Promise<Client>;
  /** One statement as the server's real administrator, in `database` (PostgreSQL) or in none. */
  asRoot(sql: string, database?: string): Promise<Row[]>;
  /** An engine with another administrator, closed after the tests. */
  engineAs(identity: Identity, overrides?: Partial<EngineConfig>): Engine;
}

/** Only a bound for tests that hang: real servers on a busy machine may take their time. */
jest.setTimeout(60_000);

const KINDS = [
  { kind: 'postgresql', title: 'PostgreSQL' },
  { kind: 'mysql', title: 'MySQL' },
] as const;

/** Declares the tests once for each kind of server and each kind of administrator. */
export function onEveryEngine(title: string, tests: (bench: () => Bench) => void): void {
  for (const { kind, title: product } of KINDS) {
    for (const restricted of [false, true]) {
      const admin = restricted ? ', administrator without superuser' : '';
      onEngine(kind, restricted, `${title} (${product}${admin})`, tests);
    }
  }
}

/** Declares the tests for one kind of server. */
export function onEngine(
  kind: EngineKind,
  restricted: boolean,
  title: string,
  tests: (bench: () => Bench) => void,
): void {
  const declare = kind === 'mysql' ? describeWithMysql : describe;
  declare(title, () => {
    let open: OpenBench | undefined;
    beforeAll(async () => {
      open = await openBench(kind, restricted);
    });
    afterAll(async () => {
      await open?.close();
    });
    tests(() => {
      if (!open) throw new Error('the bench is open during tests only');
      return open;
    });
  });
}

type OpenBench = Bench & { close(): Promise<void> };

async function openBench(kind: EngineKind, restricted: boolean): Promise<OpenBench> {
  const servers = await testServers();
  const server = kind === 'postgresql' ? servers.postgres : servers.mysql;
  const root = await connect(kind, server, server);
  const admin = restricted ? await createRestrictedAdmin(kind, root, server.product) : undefined;
  const clients: Client[] = [];
  const engines: Engine[] = [];
  const databases: string[] = [];

  const engineAs = (identity: Identity, overrides: Partial<EngineConfig> = {}): Engine => {
    const config = {
      name: 'test-server',
      admin: { host: server.host, port: server.port, username: identity.username, password: identity.password },
      advertisedTls: false,
      log: silentLogger(),
      ...overrides,
    };
    const engine = kind === 'postgresql' ? createPostgresEngine(config) : createMysqlEngine(config);
    engines.push(engine);
    return engine;
  };
  const engine = engineAs(admin ?? server);

  return {
    kind,
    restricted,
    server,
    engine,
    engineAs,

    async instance(connectionLimit = 10) {
      const name = newDatabaseName();
      databases.push(name);
      await engine.createDatabase({ name, connectionLimit, mark: markOf(name) });
      return name;
    },

    async bind(database, access = 'readwrite', connectionLimit = 10) {
      const login = loginSpec(database, access, connectionLimit);
      await engine.createLogin(login);
      return login;
    },

    async connect(identity) {
      const client = await connect(kind, server, identity);
      clients.push(client);
      return client;
    },

    async asRoot(sql, database) {
      if (database === undefined) return root.query(sql);
      const client = await connect(kind, server, { ...server, database });
      try {
        return await client.query(sql);
      } finally {
        await client.close();
      }
    },

    async close() {
      try {
        // First whoever may still hold a lock, so that a test that failed half-way does not hold up the others.
        await Promise.all(clients.map((client) => client.close()));
        for (const database of databases) await engine.dropDatabase(database);
        const { databases: all } = await engine.census();
        expect(all.filter(({ name }) => databases.includes(name))).toEqual([]);
        await admin?.remove();
      } finally {
        await Promise.all(engines.map((one) => one.close()));
        await root.close();
      }
    },
  };
}

/** The mark the bench puts on a database. */
export const markOf = (database: string): { instanceId: string; scope: string } => ({
  instanceId: `instance-of-${database}`,
  scope: `it's a "scope" with \\ and \u{1F418}`,
});

/** A new login for a database, not yet created. */
export function loginSpec(database: string, access: Access = 'readwrite', connectionLimit = 10): LoginSpec {
  return { database, username: newUsername(), password: newPassword(), access, connectionLimit };
}
