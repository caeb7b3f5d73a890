import { expect, test } from '@jest/globals';
import type { EngineError } from '../../../broker/engine/engine.ts';
import { eventually } from '../../support/wait.ts';
import { loginSpec, onEngine } from './support/bench.ts';
import type { Bench } from './support/bench.ts';
import { createRestrictedAdmin } from './support/restricted-admin.ts';
import { connect } from './support/client.ts';

const isKnown = async (bench: Bench, username: string): Promise<boolean> =>
  (await bench.asRoot(`SELECT 1 FROM mysql.user WHERE User = '${username}'`)).length > 0;

const eventsOf = (bench: Bench, database: string): Promise<Record<string, unknown>[]> =>
  bench.asRoot(
    `SELECT EVENT_NAME AS name, DEFINER AS definer, STATUS AS status FROM information_schema.EVENTS
      WHERE EVENT_SCHEMA = '${database}' ORDER BY 1`,
  );

for (const restricted of [false, true]) {
  const admin = restricted ? ', administrator without SUPER' : '';
  onEngine('mysql', restricted, `definers and what else outlives a login (MySQL${admin})`, (bench) => {
    test('views, routines and triggers of an unbound login work for the other binding', async () => {
      const database = await bench().instance();
      const leaving = await bench().bind(database);
      const first = await bench().connect(leaving);
      await first.query('CREATE TABLE t (i int)');
      await first.query('CREATE TABLE seen (i int)');
      await first.query('CREATE VIEW v AS SELECT i FROM t');
      await first.query('CREATE PROCEDURE add_one(n int) INSERT INTO t VALUES (n)');
      await first.query('CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN 2 * n');
      await first.query('CREATE TRIGGER note AFTER INSERT ON t FOR EACH ROW INSERT INTO seen VALUES (NEW.i)');
      const second = await bench().connect(await bench().bind(database));

      await bench().engine.dropLogin(database, leaving.username);

      await first.ended;
      await second.query('INSERT INTO t VALUES (1)');
      await second.query('CALL add_one(2)');
      expect(await second.query('SELECT i, twice(i) AS j FROM v ORDER BY i')).toEqual([
        { i: 1, j: 2 },
        { i: 2, j: 4 },
      ]);
      expect(await second.query('SELECT i FROM seen ORDER BY i')).toEqual([{ i: 1 }, { i: 2 }]);
      await expect(bench().connect(leaving)).rejects.toThrow();
      const { logins } = await bench().engine.census();
      expect(logins.filter(({ username }) => username === leaving.username)).toEqual([
        { username: leaving.username, locked: true, database },
      ]);

      // Once nothing names it any more, the next unbind takes it along.
      for (const sql of ['VIEW v', 'PROCEDURE add_one', 'FUNCTION twice', 'TRIGGER note']) {
        await second.query(`DROP ${sql}`);
      }
      const another = await bench().bind(database);
      await bench().engine.dropLogin(database, another.username);
      expect(await isKnown(bench(), leaving.username)).toBe(false);
      await second.close();
    });

    test('a login kept for its definers goes with the database', async () => {
      const database = await bench().instance();
      const leaving = await bench().bind(database);
      const client = await bench().connect(leaving);
      await client.query('CREATE VIEW v AS SELECT 1 AS one');
      await bench().engine.dropLogin(database, leaving.username);
      expect(await isKnown(bench(), leaving.username)).toBe(true);

      await bench().engine.dropDatabase(database);

      expect(await isKnown(bench(), leaving.username)).toBe(false);
      expect(await isKnown(bench(), database)).toBe(false);
    });

    test('events of an unbound login leave it, keep their state and go on running for the instance', async () => {
      await bench().asRoot('SET GLOBAL event_scheduler = ON');
      const database = await bench().instance();
      const leaving = await bench().bind(database);
      const client = await bench().connect(leaving);
      await client.query('CREATE TABLE ticks (who varchar(100))');
      await client.query('CREATE EVENT tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO ticks VALUES (CURRENT_USER())');
      await client.query("CREATE EVENT `it's ``quoted``` ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM ticks");

      await bench().engine.dropLogin(database, leaving.username);

      expect(await eventsOf(bench(), database)).toEqual([
        { name: "it's `quoted`", definer: `${database}@%`, status: 'DISABLED' },
        { name: 'tick', definer: `${database}@%`, status: 'ENABLED' },
      ]);
      expect(await isKnown(bench(), leaving.username)).toBe(false);
      const second = await bench().connect(await bench().bind(database));
      await eventually('the event runs as the instance', async () => {
        const ticks = await second.query(`SELECT who FROM ticks WHERE who = '${database}@%'`);
        return ticks.length > 0;
      });
      await second.query('DROP EVENT tick');
      await second.close();
      await expect(bench().connect({ username: database, password: '' })).rejects.toThrow();
    });

    test('an event that starts anew each second and holds locks keeps no database from being dropped', async () => {
      await bench().asRoot('SET GLOBAL event_scheduler = ON');
      const database = await bench().instance();
      const leaving = await bench().bind(database);
      const client = await bench().connect(leaving);
      await client.query('CREATE TABLE t (i int) ENGINE = InnoDB');
      await client.query(
        'CREATE EVENT hog ON SCHEDULE EVERY 1 SECOND DO BEGIN START TRANSACTION; INSERT INTO t VALUES (1); DO SLEEP(45); END',
      );
      await bench().engine.dropLogin(database, leaving.username);
      const { logins } = await bench().engine.census();
      expect(logins.filter((login) => login.database === database)).toEqual([
        { username: database, locked: true, database },
      ]);
      await eventually('the event sleeps, as the instance, with its lock', async () => {
        const asleep = await bench().asRoot(
          `SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = '${database}' AND STATE = 'User sleep'`,
        );
        return asleep.length > 0;
      });

      await bench().engine.dropDatabase(database);

      const after = await bench().engine.census();
      expect(after.databases.map(({ name }) => name)).not.toContain(database);
      expect(after.logins.filter((login) => login.database === database)).toEqual([]);
      expect(await bench().asRoot(`SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = '${database}'`)).toEqual(
        [],
      );
    });

    test('a tenant that drops or makes again its own database changes nothing for the broker', async () => {
      const database = await bench().instance();
      const client = await bench().connect(await bench().bind(database));
      await client.query(`DROP DATABASE ${database}`);
      await expect(bench().engine.createLogin(loginSpec(database))).rejects.toThrow(/does not exist/);
      await client.query(`CREATE DATABASE ${database}`);
      const { databases } = await bench().engine.census();
      expect(databases.find(({ name }) => name === database)?.mark?.instanceId).toBe(`instance-of-${database}`);

      await client.query(`DROP DATABASE ${database}`);
      await bench().engine.dropDatabase(database);
      await client.ended;
      expect((await bench().engine.census()).logins.filter((login) => login.database === database)).toEqual([]);
    });

    test('a login that was only recorded, or only made, is still removed with its instance', async () => {
      const database = await bench().instance();
      const recorded = loginSpec(database);
      const forgotten = await bench().bind(database);
      await bench().asRoot(
        `INSERT INTO scbroker.logins (username, database_name) VALUES ('${recorded.username}', '${database}')`,
      );
      await bench().asRoot(`DELETE FROM scbroker.logins WHERE username = '${forgotten.username}'`);

      await bench().engine.dropDatabase(database);

      expect(await isKnown(bench(), forgotten.username)).toBe(false);
      expect(await bench().asRoot(`SELECT * FROM scbroker.logins WHERE database_name = '${database}'`)).toEqual([]);
    });
  });
}

onEngine('mysql', false, 'on MySQL', (bench) => {
  test('events are dropped when the administrator may not name another definer, and the preflight says so', async () => {
    const root = await connect('mysql', bench().server, bench().server);
    const admin = await createRestrictedAdmin('mysql', root, bench().server.product, {
      without: ['SET USER', 'SET_USER_ID', 'SET_ANY_DEFINER'],
    });
    const engine = bench().engineAs(admin);
    const { findings } = await engine.preflight();
    const missing = findings.filter(({ name }) => /^privilege-/.test(name));
    if (bench().server.version.startsWith('5.')) {
      // There SUPER is all of it at once, and an administrator without could not even end sessions.
      expect(missing).toEqual([]);
    } else {
      expect(missing).toMatchObject([{ severity: 'warning' }]);
      expect(missing[0]!.message).toMatch(/events/);
      const database = await bench().instance();
      const leaving = await bench().bind(database);
      const client = await bench().connect(leaving);
      await client.query('CREATE TABLE t (i int)');
      await client.query('CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t');

      await engine.dropLogin(database, leaving.username);

      expect(await eventsOf(bench(), database)).toEqual([]);
      expect(await isKnown(bench(), leaving.username)).toBe(false);
    }
    await engine.close();
    await admin.remove();
    await root.close();
  });

  test('a prepared XA transaction holds up deprovisioning with a message that helps, and no longer', async () => {
    const database = await bench().instance();
    const client = await bench().connect(await bench().bind(database));
    await client.query('CREATE TABLE t (i int) ENGINE = InnoDB');
    for (const step of ['START', 'END', 'PREPARE']) {
      await client.query(`XA ${step} '${database}'`);
      if (step === 'START') await client.query('INSERT INTO t VALUES (1)');
    }
    await client.close();

    const failure = await bench()
      .engine.dropDatabase(database)
      .then(
        () => undefined,
        (error: unknown) => error as EngineError,
      );
    // MySQL 5.7 lets go of the table's lock with the session; later versions and MariaDB keep it.
    if (failure !== undefined) {
      expect(failure).toMatchObject({ disposition: 'retry' });
      expect(failure.message).toMatch(/XA RECOVER/);
    }
    await bench().asRoot(`XA ROLLBACK '${database}'`);

    await bench().engine.dropDatabase(database);
    expect((await bench().engine.census()).databases.map(({ name }) => name)).not.toContain(database);
  });

  test('bindings have to use TLS where it is advertised', async () => {
    const database = await bench().instance();
    const engine = bench().engineAs(bench().server, { advertisedTls: true });
    const login = loginSpec(database);
    await engine.createLogin(login);
    await expect(bench().connect(login)).rejects.toThrow();
    await bench().engine.createLogin(login);
    await (await bench().connect(login)).close();
  });
});
