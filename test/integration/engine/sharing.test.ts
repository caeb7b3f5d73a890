import { expect, test } from '@jest/globals';
import { onEveryEngine } from './support/bench.ts';

onEveryEngine('two bindings of one instance', (bench) => {
  test('the second alters, fills and drops what the first made', async () => {
    const database = await bench().instance();
    const first = await bench().connect(await bench().bind(database));
    const second = await bench().connect(await bench().bind(database));

    await first.query('CREATE TABLE t (i int)');
    await second.query('ALTER TABLE t ADD COLUMN j int');
    await second.query('INSERT INTO t VALUES (1, 2)');
    await second.query('CREATE INDEX by_j ON t (j)');
    expect(await first.query('SELECT i, j FROM t')).toEqual([{ i: 1, j: 2 }]);
    await second.query('DROP TABLE t');
    await Promise.all([first.close(), second.close()]);
  });

  test('unbinding the first ends its sessions at once, keeps its tables, and the second goes on', async () => {
    const database = await bench().instance();
    const leaving = await bench().bind(database);
    const first = await bench().connect(leaving);
    const idle = await bench().connect(leaving);
    const second = await bench().connect(await bench().bind(database));
    await first.query('CREATE TABLE t (i int PRIMARY KEY)');
    await first.query('INSERT INTO t VALUES (1)');
    // In the middle of a long transaction that holds locks.
    await first.query('BEGIN');
    await first.query('INSERT INTO t VALUES (2)');
    await first.query('UPDATE t SET i = 10 WHERE i = 1');

    await bench().engine.dropLogin(database, leaving.username);

    await Promise.all([first.ended, idle.ended]);
    await expect(bench().connect(leaving)).rejects.toThrow();
    expect(await second.query('SELECT i FROM t')).toEqual([{ i: 1 }]);
    await second.query('ALTER TABLE t ADD COLUMN j int');
    await second.query('INSERT INTO t VALUES (3, 4)');
    const { logins } = await bench().engine.census();
    expect(logins.map(({ username }) => username)).not.toContain(leaving.username);
    await bench().engine.dropLogin(database, leaving.username);
    await second.close();
  });

  test('unbinding ends a statement that is running', async () => {
    const database = await bench().instance();
    const leaving = await bench().bind(database);
    const client = await bench().connect(leaving);
    const running = client
      .query(bench().kind === 'postgresql' ? 'SELECT pg_sleep(600)' : 'SELECT SLEEP(600)')
      .catch(() => []);

    await bench().engine.dropLogin(database, leaving.username);

    await running;
    await client.ended;
  });

  test('views that the first made work for the second after the unbind', async () => {
    const database = await bench().instance();
    const leaving = await bench().bind(database);
    const first = await bench().connect(leaving);
    await first.query('CREATE TABLE t (i int)');
    await first.query('INSERT INTO t VALUES (7)');
    await first.query('CREATE VIEW v AS SELECT i FROM t');
    const staying = await bench().bind(database);
    const reader = await bench().bind(database, 'readonly');

    await bench().engine.dropLogin(database, leaving.username);

    for (const login of [staying, reader]) {
      const client = await bench().connect(login);
      expect(await client.query('SELECT i FROM v')).toEqual([{ i: 7 }]);
      await client.close();
    }
  });
});
