import { expect, test } from '@jest/globals';
import { newPassword } from '../../../broker/engine/names.ts';
import { loginSpec, markOf, onEngine } from './support/bench.ts';
import type { Bench } from './support/bench.ts';

/** Who owns the relation, as the server's administrator sees it. */
async function ownerOf(bench: Bench, database: string, relation: string): Promise<unknown> {
  const rows = await bench.asRoot(
    `SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname = '${relation}'`,
    database,
  );
  return rows[0]?.['owner'];
}

async function roleExists(bench: Bench, role: string): Promise<boolean> {
  return (await bench.asRoot(`SELECT 1 FROM pg_roles WHERE rolname = '${role}'`)).length > 0;
}

for (const restricted of [false, true]) {
  const admin = restricted ? ', administrator without superuser' : '';
  onEngine('postgresql', restricted, `a hostile tenant (PostgreSQL${admin})`, (bench) => {
    test("a login that locks its own role's row is unbound all the same", async () => {
      const database = await bench().instance();
      const leaving = await bench().bind(database);
      const client = await bench().connect(leaving);
      await client.query('SET ROLE NONE');
      await client.query('BEGIN');
      await client.query(`ALTER ROLE ${leaving.username} PASSWORD 'mine'`);

      await bench().engine.dropLogin(database, leaving.username);

      await client.ended;
      expect(await roleExists(bench(), leaving.username)).toBe(false);
    });

    test("a login that locks its own role's row is bound anew all the same, and the broker's password wins", async () => {
      const database = await bench().instance();
      const login = loginSpec(database);
      await bench().engine.createLogin(login);
      const client = await bench().connect(login);
      await client.query('SET ROLE NONE');
      await client.query('BEGIN');
      await client.query(`ALTER ROLE ${login.username} PASSWORD 'mine'`);

      const password = newPassword();
      await bench().engine.createLogin({ ...login, password });

      await client.ended;
      await expect(bench().connect({ ...login, password: 'mine' })).rejects.toThrow();
      await (await bench().connect({ ...login, password })).close();
    });

    test('grants that a neighbour gives to a login and to the owner role keep neither from being dropped', async () => {
      const [mine, theirs] = [await bench().instance(), await bench().instance()];
      const leaving = await bench().bind(mine);
      const neighbour = await bench().connect(await bench().bind(theirs));
      const victims = [leaving.username, `${mine}_own`, `${mine}_ro`].join(', ');
      await neighbour.query(`CREATE TABLE trap (i int); GRANT ALL ON trap TO ${victims}`);
      await neighbour.query(`CREATE SCHEMA trap; GRANT ALL ON SCHEMA trap TO ${victims}`);
      await neighbour.query(`CREATE FUNCTION trap() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
      await neighbour.query(`GRANT EXECUTE ON FUNCTION trap() TO ${victims}`);
      await neighbour.query(`ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO ${victims}`);
      await neighbour.query(`CREATE POLICY trap ON trap TO ${victims} USING (true)`);

      await bench().engine.dropLogin(mine, leaving.username);
      expect(await roleExists(bench(), leaving.username)).toBe(false);
      await bench().engine.dropDatabase(mine);
      expect(await roleExists(bench(), `${mine}_own`)).toBe(false);
      expect(await roleExists(bench(), `${mine}_ro`)).toBe(false);

      expect(await neighbour.query('SELECT * FROM trap')).toEqual([]);
      await neighbour.close();
    });

    test('a neighbour that holds a lock on a login in an open transaction does not keep it from being dropped', async () => {
      const [mine, theirs] = [await bench().instance(), await bench().instance()];
      const leaving = await bench().bind(mine);
      const neighbour = await bench().connect(await bench().bind(theirs));
      await neighbour.query('CREATE TABLE trap (i int)');
      await neighbour.query('BEGIN');
      await neighbour.query(`GRANT ALL ON trap TO ${leaving.username}, ${mine}_own`);

      await bench().engine.dropLogin(mine, leaving.username);
      expect(await roleExists(bench(), leaving.username)).toBe(false);
      await bench().engine.dropDatabase(mine);
      expect((await bench().engine.census()).databases.map(({ name }) => name)).not.toContain(mine);
    });

    test('a neighbour that holds a lock on a database does not keep it from being dropped', async () => {
      const [mine, theirs] = [await bench().instance(), await bench().instance()];
      const login = await bench().bind(theirs);
      const neighbour = await bench().connect(login);
      await neighbour.query('SET ROLE NONE');
      await neighbour.query('BEGIN');
      await neighbour.query(`ALTER ROLE ${login.username} IN DATABASE ${mine} SET work_mem = '1MB'`);

      await bench().engine.dropDatabase(mine);

      expect((await bench().engine.census()).databases.map(({ name }) => name)).not.toContain(mine);
    });

    test('what a login made as itself, in a schema it had opened to everybody, goes to the instance', async () => {
      const database = await bench().instance();
      const leaving = await bench().bind(database);
      const client = await bench().connect(leaving);
      await client.query('CREATE SCHEMA open_to_all; GRANT ALL ON SCHEMA open_to_all TO PUBLIC; SET ROLE NONE');
      await client.query('CREATE TABLE open_to_all.kept AS SELECT 1 AS i');
      await client.query(`CREATE FUNCTION open_to_all.kept() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
      expect(await ownerOf(bench(), database, 'kept')).toBe(leaving.username);

      await bench().engine.dropLogin(database, leaving.username);

      expect(await ownerOf(bench(), database, 'kept')).toBe(`${database}_own`);
      const second = await bench().connect(await bench().bind(database));
      await second.query('ALTER TABLE open_to_all.kept ADD COLUMN j int');
      expect(await second.query('SELECT i, open_to_all.kept() AS f FROM open_to_all.kept')).toEqual([{ i: 1, f: 1 }]);
      await second.close();
    });

    test('settings of a login, however hostile, reach no administrator session and are undone by a new bind', async () => {
      const database = await bench().instance();
      const login = loginSpec(database);
      await bench().engine.createLogin(login);
      const client = await bench().connect(login);
      await client.query('CREATE SCHEMA evil; CREATE TABLE public.t (i int); SET ROLE NONE');
      for (const setting of ['role = none', 'search_path = evil', 'default_transaction_read_only = on']) {
        await client.query(`ALTER ROLE ${login.username} SET ${setting}`);
        await client.query(`ALTER ROLE ${login.username} IN DATABASE ${database} SET ${setting}`);
      }
      await client.close();
      const spoilt = await bench().connect(login);
      await expect(spoilt.query('INSERT INTO public.t VALUES (1)')).rejects.toThrow();
      await spoilt.close();

      await bench().engine.createLogin(login);

      const again = await bench().connect(login);
      await again.query('INSERT INTO t VALUES (1)');
      await again.close();
      await bench().engine.dropLogin(database, login.username);
    });

    test('functions, operators and tables that shadow those of the system are never used by the administrator', async () => {
      const database = await bench().instance();
      const login = await bench().bind(database);
      const client = await bench().connect(login);
      await client.query('CREATE TABLE public.caught (who text)');
      const trap = (name: string, parameters: string, type: string, result: string): string =>
        `CREATE FUNCTION public.${name}(${parameters}) RETURNS ${type} LANGUAGE plpgsql SECURITY INVOKER AS $$
           BEGIN INSERT INTO public.caught VALUES (current_user); RETURN ${result}; END $$`;
      await client.query(trap('shobj_description', 'a oid, b text', 'text', 'NULL'));
      await client.query(trap('has_function_privilege', 'a text, b oid, c text', 'boolean', 'true'));
      await client.query(trap('pg_terminate_backend', 'a int', 'boolean', 'true'));
      await client.query(trap('same_oid', 'a oid, b oid', 'boolean', 'true'));
      await client.query('CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = public.same_oid)');
      await client.query('CREATE TABLE public.pg_proc (oid oid, pronamespace oid, proname name)');
      await client.query('CREATE VIEW public.pg_roles AS SELECT 1 AS oid');
      await client.query('CREATE SCHEMA open_to_all; GRANT ALL ON SCHEMA open_to_all TO PUBLIC; SET ROLE NONE');
      await client.query('CREATE TABLE open_to_all.kept (i int)');

      await bench().engine.createDatabase({ name: database, connectionLimit: 10, mark: markOf(database) });
      await bench().engine.createLogin(loginSpec(database, 'readonly'));
      await bench().engine.dropLogin(database, login.username);

      expect(await bench().asRoot('SELECT * FROM public.caught', database)).toEqual([]);
    });

    test('a tenant that uses up its connections does not keep its login from being dropped, and gains none', async () => {
      const database = await bench().instance(3);
      const leaving = await bench().bind(database, 'readwrite', 3);
      const first = await bench().connect(leaving);
      await first.query('CREATE SCHEMA open_to_all; GRANT ALL ON SCHEMA open_to_all TO PUBLIC; SET ROLE NONE');
      await first.query('CREATE TABLE open_to_all.kept (i int)');
      await first.close();
      const staying = await bench().bind(database, 'readwrite', 3);
      const all = [await bench().connect(staying), await bench().connect(staying), await bench().connect(staying)];

      await bench().engine.dropLogin(database, leaving.username);

      expect(await roleExists(bench(), leaving.username)).toBe(false);
      expect(await bench().asRoot(`SELECT datconnlimit AS n FROM pg_database WHERE datname = '${database}'`)).toEqual([
        { n: 3 },
      ]);
      for (const client of all) await client.close();
    });

    test('prepared transactions keep neither login nor database', async () => {
      const database = await bench().instance();
      const leaving = await bench().bind(database);
      const client = await bench().connect(leaving);
      await client.query('CREATE SCHEMA open_to_all; GRANT ALL ON SCHEMA open_to_all TO PUBLIC');
      await client.query('CREATE TABLE t (i int)');
      const prepare = async (gid: string): Promise<void> => {
        await client.query(`BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '${gid.replaceAll("'", "''")}'`);
      };
      await prepare(`${database}'s`);
      await client.query(`SET ROLE NONE; BEGIN; CREATE TABLE open_to_all.kept (i int)`);
      await client.query(`PREPARE TRANSACTION '${database} own'`);

      await bench().engine.dropLogin(database, leaving.username);
      const left = `SELECT gid FROM pg_prepared_xacts WHERE database = '${database}'`;
      expect(await bench().asRoot(left)).toEqual([{ gid: `${database}'s` }]);

      await bench().engine.dropDatabase(database);
      expect(await bench().asRoot(left)).toEqual([]);
    });

    test('a database that was being dropped when the server died is made anew, or dropped', async () => {
      const database = await bench().instance();
      const dieWhileDropping = (): Promise<unknown> =>
        bench().asRoot(`UPDATE pg_database SET datconnlimit = -2 WHERE datname = '${database}'`);
      await dieWhileDropping();
      await bench().engine.createDatabase({ name: database, connectionLimit: 10, mark: markOf(database) });
      const client = await bench().connect(await bench().bind(database));
      await client.query('CREATE TABLE t (i int)');
      await client.close();

      await dieWhileDropping();
      await bench().engine.dropDatabase(database);
      expect((await bench().engine.census()).databases.map(({ name }) => name)).not.toContain(database);
      expect(await roleExists(bench(), `${database}_own`)).toBe(false);
    });

    test('prepared transactions that hold the row of a login keep neither it nor the database', async () => {
      const database = await bench().instance();
      const [leaving, staying] = [await bench().bind(database), await bench().bind(database)];
      for (const { username, password } of [leaving, staying]) {
        const client = await bench().connect({ username, password, database });
        // Prepared with the owner's role, as what belongs to the instance is.
        await client.query(`BEGIN; SET LOCAL ROLE NONE; ALTER ROLE ${username} PASSWORD 'mine'`);
        await client.query(`SET LOCAL ROLE ${database}_own; PREPARE TRANSACTION '${username}'`);
        if (username === leaving.username) await bench().engine.dropLogin(database, username);
      }
      expect(await roleExists(bench(), leaving.username)).toBe(false);

      await bench().engine.dropDatabase(database);
      expect(await roleExists(bench(), staying.username)).toBe(false);
    });

    test('a database dropped by hand: bind says so, unbind and deprovision clear what is left', async () => {
      const database = await bench().instance();
      const login = await bench().bind(database);
      const other = await bench().bind(database);
      await bench().asRoot(`DROP DATABASE ${database} WITH (FORCE)`);

      await expect(bench().engine.createLogin(loginSpec(database))).rejects.toThrow(/does not exist/);
      await bench().engine.dropLogin(database, login.username);
      expect(await roleExists(bench(), login.username)).toBe(false);
      await bench().engine.dropDatabase(database);
      for (const role of [other.username, `${database}_own`, `${database}_ro`]) {
        expect(await roleExists(bench(), role)).toBe(false);
      }
    });
  });
}

onEngine('postgresql', false, 'a replication slot (PostgreSQL)', (bench) => {
  test('is dropped with the database it belongs to', async () => {
    const database = await bench().instance();
    await bench().asRoot(`SELECT pg_create_logical_replication_slot('${database}', 'pgoutput')`, database);

    await bench().engine.dropDatabase(database);

    expect(await bench().asRoot(`SELECT 1 FROM pg_replication_slots WHERE slot_name = '${database}'`)).toEqual([]);
  });
});

onEngine('postgresql', true, 'what an administrator without superuser cannot do (PostgreSQL)', (bench) => {
  test('large objects of a login stay when it is unbound, and belong to the instance', async () => {
    const database = await bench().instance();
    const leaving = await bench().bind(database);
    const client = await bench().connect(leaving);
    await client.query('SET ROLE NONE');
    await client.query(`SELECT lo_from_bytea(4713, 'kept')`);

    await bench().engine.dropLogin(database, leaving.username);

    const second = await bench().connect(await bench().bind(database));
    expect(await second.query(`SELECT convert_from(lo_get(4713), 'UTF8') AS text`)).toEqual([{ text: 'kept' }]);
    await second.query('SELECT lo_unlink(4713)');
    await second.close();
  });
});
