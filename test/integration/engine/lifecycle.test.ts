import { expect, test } from '@jest/globals';
import { EngineError } from '../../../broker/engine/engine.ts';
import { newDatabaseName, newPassword } from '../../../broker/engine/names.ts';
import { loginSpec, markOf, onEveryEngine } from './support/bench.ts';

onEveryEngine('the life of a database and its logins', (bench) => {
  test('a database carries its mark, and making it again changes nothing', async () => {
    const { engine } = bench();
    const name = await bench().instance();
    const login = await bench().bind(name);
    const client = await bench().connect(login);
    await client.query('CREATE TABLE kept (i int)');

    await engine.createDatabase({ name, connectionLimit: 10, mark: markOf(name) });

    const { databases, logins } = await engine.census();
    expect(databases.filter((database) => database.name === name)).toEqual([{ name, mark: markOf(name) }]);
    expect(logins.filter((one) => one.username === login.username)).toEqual([
      { username: login.username, locked: false, database: name },
    ]);
    await client.query('INSERT INTO kept VALUES (1)');
    await client.close();
  });

  test('the text of a database is UTF-8', async () => {
    const client = await bench().connect(await bench().bind(await bench().instance()));
    await client.query('CREATE TABLE words (word varchar(20))');
    await client.query(`INSERT INTO words VALUES ('žluťoučký \u{1F418}')`);
    expect(await client.query('SELECT word FROM words')).toEqual([{ word: 'žluťoučký \u{1F418}' }]);
    await client.close();
  });

  test('a login made again has exactly the new password, although its owner had changed it', async () => {
    const database = await bench().instance();
    const login = loginSpec(database);
    await bench().engine.createLogin(login);
    const client = await bench().connect(login);
    await client.query(
      bench().kind === 'postgresql'
        ? `SET ROLE NONE; ALTER ROLE ${login.username} PASSWORD 'mine'`
        : `SET PASSWORD = ${bench().server.product === 'MariaDB' ? `PASSWORD('mine')` : `'mine'`}`,
    );
    await expect(bench().connect(login)).rejects.toThrow();

    const password = newPassword();
    await bench().engine.createLogin({ ...login, password });

    await expect(bench().connect({ ...login, password: 'mine' })).rejects.toThrow();
    const again = await bench().connect({ ...login, password });
    await again.query('CREATE TABLE t (i int)');
    await Promise.all([client.close(), again.close()]);
  });

  test('a login made again with less access loses it in sessions that are already open', async () => {
    const database = await bench().instance();
    const login = loginSpec(database);
    await bench().engine.createLogin(login);
    const client = await bench().connect(login);
    await client.query('CREATE TABLE t (i int)');

    await bench().engine.createLogin({ ...login, access: 'readonly' });

    await client.ended;
    const again = await bench().connect(login);
    await expect(again.query('INSERT INTO t VALUES (1)')).rejects.toThrow();
    expect(await again.query('SELECT * FROM t')).toEqual([]);
    await again.close();

    await bench().engine.createLogin({ ...login, access: 'readwrite' });
    const writer = await bench().connect(login);
    await writer.query('INSERT INTO t VALUES (1)');
    await writer.close();
  });

  test('a login without its database is refused', async () => {
    const failure = bench().engine.createLogin(loginSpec(newDatabaseName()));
    await expect(failure).rejects.toThrow(EngineError);
    await expect(failure).rejects.toMatchObject({ disposition: 'fatal' });
  });

  test('a login of one instance is never led into another', async () => {
    const [mine, other] = [await bench().instance(), await bench().instance()];
    const login = loginSpec(mine);
    await bench().engine.createLogin(login);

    await expect(bench().engine.createLogin({ ...login, database: other })).rejects.toThrow(/belongs to another/);
    await expect(bench().engine.dropLogin(other, login.username)).rejects.toThrow(/belongs to another/);

    const client = await bench().connect(login);
    await client.query('CREATE TABLE t (i int)');
    await client.close();
  });

  test('names the broker did not make are refused before any SQL', async () => {
    const { engine } = bench();
    for (const name of ['postgres', 'mysql', 'scdb_a', 'scdb"; DROP', '', `scdb${'a'.repeat(29)}`]) {
      await expect(engine.dropDatabase(name)).rejects.toThrow(/not the name of a database of the broker/);
    }
    const login = loginSpec(await bench().instance());
    await expect(engine.createLogin({ ...login, username: 'root' })).rejects.toThrow(/not the name of a login/);
    await expect(engine.createLogin({ ...login, password: `a' OR 1=1 --` })).rejects.toThrow(/letters and digits/);
    await expect(engine.createLogin({ ...login, connectionLimit: 1.5 })).rejects.toThrow(/whole number/);
  });

  test('no more connections than the limit, and a new limit counts at once', async () => {
    const database = await bench().instance(2);
    const login = await bench().bind(database, 'readwrite', 2);
    const first = await bench().connect(login);
    const second = await bench().connect(login);
    await expect(bench().connect(login)).rejects.toThrow();

    await bench().engine.setConnectionLimit(database, 3);

    const third = await bench().connect(login);
    await expect(bench().connect(login)).rejects.toThrow();
    expect(await first.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await Promise.all([first.close(), second.close(), third.close()]);
  });

  test('dropping a database ends its sessions and removes its logins, whatever they are doing', async () => {
    const database = await bench().instance();
    const login = await bench().bind(database);
    const reader = await bench().bind(database, 'readonly');
    const writing = await bench().connect(login);
    await writing.query('CREATE TABLE t (i int)');
    await writing.query('BEGIN');
    await writing.query('INSERT INTO t VALUES (1)');
    const reading = await bench().connect(reader);

    await bench().engine.dropDatabase(database);

    await Promise.all([writing.ended, reading.ended]);
    const { databases, logins } = await bench().engine.census();
    expect(databases.map(({ name }) => name)).not.toContain(database);
    expect(logins.map(({ username }) => username)).not.toContain(login.username);
    expect(logins.map(({ username }) => username)).not.toContain(reader.username);
    await expect(bench().connect(login)).rejects.toThrow();
    await bench().engine.dropDatabase(database);
    await bench().engine.dropLogin(database, login.username);
  });

  test('two binds and an unbind at once on one instance, again and again', async () => {
    const database = await bench().instance(50);
    const { engine } = bench();
    let leaving = loginSpec(database);
    await engine.createLogin(leaving);
    for (let round = 0; round < 10; round += 1) {
      const [first, second] = [loginSpec(database), loginSpec(database)];
      await Promise.all([
        engine.createLogin(first),
        engine.dropLogin(database, leaving.username),
        engine.createLogin(second),
      ]);
      await engine.dropLogin(database, second.username);
      leaving = first;
    }
    const logins = (await engine.census()).logins.filter((login) => login.database === database);
    expect(logins.map(({ username }) => username)).toEqual([leaving.username]);
  });

  test('two brokers may work on one instance at once', async () => {
    const database = await bench().instance();
    const other = bench().engineAs(
      bench().restricted ? { username: bench().server.username, password: bench().server.password } : bench().server,
    );
    const logins = Array.from({ length: 8 }, () => loginSpec(database));
    await Promise.all(logins.map((login, index) => (index % 2 === 0 ? bench().engine : other).createLogin(login)));
    for (const login of logins) await (await bench().connect(login)).close();
    // The restricted administrator cannot act on what the other one made; the other can.
    await other.dropDatabase(database);
  });

  test('a server that is not there is worth another try, and the message holds no password', async () => {
    const { server } = bench();
    const engine = bench().engineAs(server, {
      admin: { host: '127.0.0.1', port: 1, username: server.username, password: server.password },
    });
    const failure = await engine.ping().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ name: 'EngineError', disposition: 'retry', code: 'ECONNREFUSED' });
    expect(String(failure)).not.toContain(server.password);
    await bench().engine.ping();
  });
});
