import { expect, test } from '@jest/globals';
import { onEngine, onEveryEngine } from './support/bench.ts';
import type { Bench } from './support/bench.ts';
import { MYSQL_NO, POSTGRES_NO, notRefused } from './support/refusals.ts';

/** Two instances of one server, each with a table: the attacker's and the victim's. */
async function twoTenants(bench: Bench) {
  const [mine, theirs] = [await bench.instance(), await bench.instance()];
  const victim = await bench.bind(theirs);
  const owner = await bench.connect(victim);
  await owner.query('CREATE TABLE secret_table (i int)');
  await owner.query('INSERT INTO secret_table VALUES (42)');
  const attacker = await bench.bind(mine);
  return { mine, theirs, victim, owner, attacker };
}

onEveryEngine('one tenant against another', (bench) => {
  test('no binding, read-only or not, reaches the other database', async () => {
    const { mine, theirs, attacker } = await twoTenants(bench());
    const reader = await bench().bind(mine, 'readonly');
    for (const login of [attacker, reader]) {
      await expect(bench().connect({ ...login, database: theirs })).rejects.toThrow(/denied/i);
    }
  });
});

const POSTGRES_ATTACKS = (mine: string, theirs: string, me: string, victim: string): string[] => [
  // The neighbour.
  `SET ROLE ${theirs}_own`,
  `SET ROLE ${theirs}_ro`,
  `SET ROLE ${victim}`,
  `SET SESSION AUTHORIZATION ${victim}`,
  `GRANT ${theirs}_own TO ${me}`,
  `GRANT ${mine}_own TO ${victim}`,
  `GRANT CONNECT ON DATABASE ${theirs} TO ${me}`,
  `ALTER ROLE ${victim} PASSWORD 'mine'`,
  `ALTER ROLE ${victim} SET search_path = evil`,
  `ALTER ROLE ${theirs}_own LOGIN`,
  `DROP ROLE ${victim}`,
  `DROP OWNED BY ${victim}`,
  `REASSIGN OWNED BY ${victim} TO ${me}`,
  `DROP DATABASE ${theirs}`,
  `SELECT pg_database_size('${theirs}')`,
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${victim}'`,
  `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = '${victim}'`,
  // Its own limits.
  `ALTER ROLE ${me} CONNECTION LIMIT -1`,
  `ALTER ROLE ${me} SUPERUSER`,
  `ALTER ROLE ${me} CREATEDB`,
  `ALTER ROLE ${me} CREATEROLE`,
  `ALTER ROLE ${me} INHERIT`,
  `ALTER ROLE ${me} BYPASSRLS`,
  `ALTER ROLE ${me} REPLICATION`,
  `ALTER ROLE ${me} VALID UNTIL 'infinity'`,
  `ALTER ROLE ${me} SET temp_file_limit = -1`,
  `ALTER ROLE ${me} RENAME TO somebody`,
  `ALTER ROLE ${mine}_own LOGIN`,
  `SET temp_file_limit = -1`,
  `SET session_replication_role = replica`,
  `SET log_statement = 'none'`,
  `ALTER SYSTEM SET max_connections = 1000`,
  `ALTER DATABASE ${mine} CONNECTION LIMIT 500`,
  `ALTER DATABASE ${mine} SET statement_timeout = 1`,
  `ALTER DATABASE ${mine} SET default_transaction_read_only = on`,
  `ALTER DATABASE ${mine} RENAME TO somewhere`,
  `ALTER DATABASE ${mine} OWNER TO ${mine}_own`,
  `COMMENT ON DATABASE ${mine} IS 'forged'`,
  `DROP DATABASE ${mine}`,
  `CREATE DATABASE another`,
  `CREATE ROLE another`,
  `CREATE TABLESPACE another LOCATION '/tmp'`,
  // The server.
  'SELECT * FROM pg_authid',
  'SELECT * FROM pg_hba_file_rules',
  `SELECT pg_read_file('/etc/hostname')`,
  `SELECT pg_ls_dir('.')`,
  `COPY (SELECT 1) TO '/tmp/never-written'`,
  `COPY (SELECT 1) TO PROGRAM 'true'`,
  `SELECT lo_import('/etc/hostname')`,
  `SELECT lo_export(4711, '/tmp/never-written')`,
  'CREATE EXTENSION file_fdw',
  'CREATE EXTENSION postgres_fdw',
  'CREATE EXTENSION dblink',
  `CREATE FUNCTION evil() RETURNS int LANGUAGE c AS 'libc', 'system'`,
  `CREATE FUNCTION evil() RETURNS int LANGUAGE internal AS 'int4in'`,
  'CREATE EVENT TRIGGER evil ON ddl_command_end EXECUTE FUNCTION harmless()',
  `CREATE SUBSCRIPTION evil CONNECTION 'dbname=${theirs}' PUBLICATION p WITH (connect = false)`,
  'CREATE PUBLICATION evil FOR ALL TABLES',
  `SELECT pg_create_logical_replication_slot('evil', 'pgoutput')`,
  `SELECT pg_create_physical_replication_slot('evil')`,
  'SELECT pg_switch_wal()',
  'SELECT pg_reload_conf()',
  'SELECT pg_stat_reset()',
  'CHECKPOINT',
  `LOAD '/tmp/evil.so'`,
];

for (const restricted of [false, true]) {
  const admin = restricted ? ', administrator without superuser' : '';
  onEngine('postgresql', restricted, `attacks of a tenant (PostgreSQL${admin})`, (bench) => {
    test('everything it tries against neighbours, limits and server is refused', async () => {
      const { mine, theirs, victim, owner, attacker } = await twoTenants(bench());
      const client = await bench().connect(attacker);
      await client.query(`CREATE FUNCTION harmless() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'`);
      const attacks = POSTGRES_ATTACKS(mine, theirs, attacker.username, victim.username);
      // No schema to create anything in (3F000); an extension that is not installed (58P01, 0A000); no such role to act
      // on (42704); a server that does not do it at all (55000, 22023).
      const refusals = [...POSTGRES_NO, '3F000', '58P01', '0A000', '42704', '55000', '22023'];

      for (const role of ['RESET ROLE', 'SET ROLE NONE']) {
        await client.query(role);
        expect(await notRefused(client, attacks, refusals)).toEqual([]);
        await client.query('RESET ROLE');
      }
      expect(await owner.query('SELECT i FROM secret_table')).toEqual([{ i: 42 }]);
      const { databases } = await bench().engine.census();
      expect(databases.find(({ name }) => name === mine)?.mark?.instanceId).toBe(`instance-of-${mine}`);
      await Promise.all([client.close(), owner.close()]);
    });

    test('a login without its role has nothing, and gets the role back however it resets', async () => {
      const database = await bench().instance();
      const client = await bench().connect(await bench().bind(database));
      await client.query('CREATE TABLE t (i int)');
      await client.query('SET ROLE NONE');
      expect(
        await notRefused(
          client,
          [
            'SELECT * FROM t',
            'SELECT * FROM public.t',
            'CREATE TABLE public.mine (i int)',
            'CREATE TEMP TABLE mine (i int)',
            'CREATE SCHEMA mine',
            'DROP TABLE public.t',
          ],
          ['42501', '42P01'],
        ),
      ).toEqual([]);
      for (const reset of ['DISCARD ALL', 'RESET ROLE', 'RESET ALL', 'SET SESSION AUTHORIZATION DEFAULT']) {
        await client.query('SET ROLE NONE');
        await client.query(reset);
        const expected = reset === 'RESET ALL' ? /_own$|^scu/ : /_own$/;
        expect((await client.query('SELECT current_user AS role'))[0]!['role']).toMatch(expected);
      }
      await client.close();
    });

    test('the system databases are closed to bindings', async () => {
      // Closed by the server's own administrator: one without superuser may not, and says so in its preflight.
      const root = bench().engineAs(bench().server);
      await root.preflight();
      const login = await bench().bind(await bench().instance());
      for (const database of ['postgres', 'template1', 'template0']) {
        await expect(bench().connect({ ...login, database })).rejects.toThrow();
      }
    });

    test('tables and rows of one database are not to be seen from the other', async () => {
      const { attacker } = await twoTenants(bench());
      const client = await bench().connect(attacker);
      const found = await client.query(
        `SELECT relname FROM pg_class WHERE relname = 'secret_table'
          UNION SELECT table_name FROM information_schema.tables WHERE table_name = 'secret_table'`,
      );
      expect(found).toEqual([]);
      const queries = await client.query(
        `SELECT query FROM pg_stat_activity WHERE usename <> session_user AND query LIKE '%secret_table%'`,
      );
      expect(queries).toEqual([]);
      await client.close();
    });
  });
}

const MYSQL_ATTACKS = (mine: string, theirs: string, me: string, victim: string): string[] => [
  // The neighbour.
  `USE ${theirs}`,
  `SELECT * FROM ${theirs}.secret_table`,
  `SHOW TABLES FROM ${theirs}`,
  `SHOW CREATE DATABASE ${theirs}`,
  `SHOW CREATE TABLE ${theirs}.secret_table`,
  `SHOW COLUMNS FROM ${theirs}.secret_table`,
  `INSERT INTO ${theirs}.secret_table VALUES (1)`,
  `CREATE TABLE ${theirs}.mine (i int)`,
  `CREATE TEMPORARY TABLE ${theirs}.mine (i int)`,
  `DROP TABLE ${theirs}.secret_table`,
  `DROP DATABASE ${theirs}`,
  `RENAME TABLE ${mine}.t TO ${theirs}.t`,
  `LOCK TABLES ${theirs}.secret_table READ`,
  `HANDLER ${theirs}.secret_table OPEN`,
  `CREATE VIEW ${mine}.v AS SELECT * FROM ${theirs}.secret_table`,
  `CREATE TRIGGER ${theirs}.tr BEFORE INSERT ON ${theirs}.secret_table FOR EACH ROW SET @x = 1`,
  `CREATE EVENT ${theirs}.e ON SCHEDULE EVERY 1 DAY DO SELECT 1`,
  `CREATE TABLE ${mine}.copy SELECT * FROM ${theirs}.secret_table`,
  `CREATE TABLE ${mine}.copy LIKE ${theirs}.secret_table`,
  `CREATE DEFINER = '${victim}'@'%' VIEW ${mine}.v AS SELECT 1`,
  `CREATE DEFINER = '${theirs}'@'%' PROCEDURE ${mine}.p() SELECT 1`,
  `SHOW GRANTS FOR '${victim}'@'%'`,
  `SHOW CREATE USER '${victim}'@'%'`,
  `SET PASSWORD FOR '${victim}'@'%' = '*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29'`,
  `ALTER USER '${victim}'@'%' ACCOUNT LOCK`,
  `DROP USER '${victim}'@'%'`,
  `GRANT SELECT ON ${theirs}.* TO '${me}'@'%'`,
  // A name that a pattern would match.
  `CREATE DATABASE \`${mine.slice(0, -1)}_\``,
  // Its own limits.
  `ALTER USER '${me}'@'%' WITH MAX_USER_CONNECTIONS 0`,
  `ALTER USER '${me}'@'%' REQUIRE NONE`,
  `GRANT ALL ON *.* TO '${me}'@'%'`,
  `GRANT SELECT ON ${mine}.* TO '${victim}'@'%'`,
  `CREATE USER another`,
  `CREATE ROLE another`,
  `CREATE DATABASE another`,
  'SET GLOBAL max_connections = 1000',
  'SET GLOBAL max_user_connections = 1000',
  'SET GLOBAL general_log = 1',
  // The server and the broker's own tables.
  'SELECT * FROM mysql.user',
  'SELECT * FROM mysql.db',
  'SELECT * FROM scbroker.marks',
  'SELECT * FROM scbroker.logins',
  'SELECT * FROM scbroker.secrets',
  'DELETE FROM scbroker.marks',
  'DROP DATABASE scbroker',
  `SELECT 1 INTO OUTFILE '/tmp/never-written'`,
  `LOAD DATA INFILE '/etc/hostname' INTO TABLE ${mine}.t`,
  `INSTALL PLUGIN evil SONAME 'evil.so'`,
  `CREATE FUNCTION evil RETURNS STRING SONAME 'evil.so'`,
  `CREATE SERVER evil FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'localhost')`,
  'FLUSH TABLES WITH READ LOCK',
  'FLUSH PRIVILEGES',
  'SHOW ENGINE INNODB STATUS',
  'SHUTDOWN',
];

for (const restricted of [false, true]) {
  const admin = restricted ? ', administrator without SUPER' : '';
  onEngine('mysql', restricted, `attacks of a tenant (MySQL${admin})`, (bench) => {
    test('everything it tries against neighbours, limits and server is refused', async () => {
      const { mine, theirs, victim, owner, attacker } = await twoTenants(bench());
      const client = await bench().connect(attacker);
      await client.query('CREATE TABLE t (i int)');

      const attacks = MYSQL_ATTACKS(mine, theirs, attacker.username, victim.username);
      // What one product does not know at all (1064) is refused too.
      expect(await notRefused(client, attacks, [...MYSQL_NO, 1064])).toEqual([]);

      expect(await owner.query('SELECT i FROM secret_table')).toEqual([{ i: 42 }]);
      await Promise.all([client.close(), owner.close()]);
    });

    test('it sees no database, table or session but its own', async () => {
      const { mine, theirs, attacker } = await twoTenants(bench());
      const client = await bench().connect(attacker);
      const databases = (await client.query('SHOW DATABASES')).map((row) => Object.values(row)[0]);
      expect(databases).toContain(mine);
      expect(databases.filter((name) => name !== mine && String(name).startsWith('sc'))).toEqual([]);
      for (const [table, column] of [
        ['SCHEMATA', 'SCHEMA_NAME'],
        ['TABLES', 'TABLE_SCHEMA'],
        ['COLUMNS', 'TABLE_SCHEMA'],
        ['STATISTICS', 'TABLE_SCHEMA'],
        ['ROUTINES', 'ROUTINE_SCHEMA'],
        ['SCHEMA_PRIVILEGES', 'TABLE_SCHEMA'],
      ] as const) {
        const seen = await client.query(
          `SELECT COUNT(*) AS seen FROM information_schema.${table} WHERE ${column} IN ('${theirs}', 'scbroker')`,
        );
        expect([table, Number(seen[0]!['seen'])]).toEqual([table, 0]);
      }
      const users = (await client.query('SHOW PROCESSLIST')).map((row) => row['User']);
      expect(new Set(users)).toEqual(new Set([attacker.username]));
      expect(await client.query('SHOW OPEN TABLES')).not.toContainEqual(expect.objectContaining({ Database: theirs }));
      await client.close();
    });

    test('it cannot end the sessions of another binding, not even of its own instance', async () => {
      const database = await bench().instance();
      const colleague = await bench().connect(await bench().bind(database));
      const [row] = await colleague.query('SELECT CONNECTION_ID() AS id');
      const client = await bench().connect(await bench().bind(database));
      await expect(client.query(`KILL ${Number(row!['id'])}`)).rejects.toThrow();
      expect(await colleague.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await Promise.all([client.close(), colleague.close()]);
    });
  });
}
