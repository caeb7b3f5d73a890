import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { EngineError } from '../../../broker/engine/engine.ts';
import { newDatabaseName } from '../../../broker/engine/names.ts';
import { Random } from '../../support/random.ts';
import { loginSpec, markOf, onEngine } from './support/bench.ts';
import type { Bench } from './support/bench.ts';
import { connect } from './support/client.ts';
import { createRestrictedAdmin } from './support/restricted-admin.ts';

const ATTEMPTS = 8;

/** Ends every connection of this administrator, as a server that goes down does. */
async function cutOff(bench: Bench, admin: string): Promise<void> {
  if (bench.kind === 'postgresql') {
    await bench.asRoot(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${admin}'`);
    return;
  }
  for (const process of await bench.asRoot('SHOW PROCESSLIST')) {
    // It may have ended in between.
    if (process['User'] === admin) await bench.asRoot(`KILL ${String(process['Id'])}`).catch(() => []);
  }
}

for (const [kind, product] of [
  ['postgresql', 'PostgreSQL'],
  ['mysql', 'MySQL'],
] as const) {
  onEngine(kind, false, `work that is cut off (${product})`, (bench) => {
    test('is completed by asking for it again, wherever it was cut off', async () => {
      const seed = Number(process.env['SC_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
      const random = new Random(seed);
      const root = await connect(kind, bench().server, bench().server);
      const admin = await createRestrictedAdmin(kind, root, bench().server.product);
      const engine = bench().engineAs(admin);
      const name = newDatabaseName();
      const [leaving, staying] = [loginSpec(name), loginSpec(name)];
      const problems: string[] = [];

      /** Undefined, or why the work failed. */
      const failureOf = (work: () => Promise<void>): Promise<Partial<EngineError> | undefined> =>
        work().then(
          () => undefined,
          (error: unknown) => error as Partial<EngineError>,
        );

      /** Attempts that are cut off at a random moment, then as many as it takes to use up the connections that broke. */
      const insist = async (what: string, work: () => Promise<void>): Promise<void> => {
        for (let attempt = 0; attempt < 2 * ATTEMPTS; attempt += 1) {
          const outcome = failureOf(work);
          if (attempt < ATTEMPTS) {
            await delay(random.between(0, 40));
            await cutOff(bench(), admin.username);
          }
          const failure = await outcome;
          if (attempt >= ATTEMPTS && !failure) return;
          if (failure && failure.disposition !== 'retry') problems.push(`${what}: ${failure.message ?? 'no message'}`);
        }
        problems.push(`${what} never succeeded`);
      };

      await insist('create database', () => engine.createDatabase({ name, connectionLimit: 10, mark: markOf(name) }));
      await insist('create login', () => engine.createLogin(leaving));
      await insist('create login', () => engine.createLogin(staying));
      const client = await bench().connect(leaving);
      await client.query('CREATE TABLE kept (i int)');
      await client.query('CREATE VIEW seen AS SELECT i FROM kept');
      await insist('limit', () => engine.setConnectionLimit(name, 5));
      await insist('drop login', () => engine.dropLogin(name, leaving.username));
      await client.ended;
      const other = await bench().connect(staying);
      expect(await other.query('SELECT i FROM seen')).toEqual([]);
      await insist('drop database', () => engine.dropDatabase(name));
      await other.ended;

      const { databases, logins } = await engine.census();
      const left = [
        ...databases.filter((database) => database.name === name),
        ...logins.filter(({ username }) => [leaving.username, staying.username].includes(username)),
      ];
      await engine.close();
      await admin.remove();
      await root.close();
      expect({ seed, problems, left }).toEqual({ seed, problems: [], left: [] });
    });
  });
}
