import { expect, test } from '@jest/globals';
import { onEngine, onEveryEngine } from './support/bench.ts';
import { MYSQL_NO, POSTGRES_NO, notRefused } from './support/refusals.ts';

onEveryEngine('a read-only binding', (bench) => {
  test('reads everything, also what is made after it', async () => {
    const database = await bench().instance();
    const writer = await bench().connect(await bench().bind(database));
    await writer.query('CREATE TABLE before_it (i int)');
    await writer.query('INSERT INTO before_it VALUES (1)');
    const reader = await bench().connect(await bench().bind(database, 'readonly'));
    await writer.query('CREATE TABLE after_it (i int)');
    await writer.query('INSERT INTO after_it VALUES (2)');

    expect(await reader.query('SELECT i FROM before_it')).toEqual([{ i: 1 }]);
    expect(await reader.query('SELECT i FROM after_it')).toEqual([{ i: 2 }]);
    await Promise.all([writer.close(), reader.close()]);
  });
});

/** What the client may do to its session changes nothing about its rights. */
const POSTGRES_LOOSENING = ['SET default_transaction_read_only = off', 'SET transaction_read_only = off'];

const POSTGRES_WRITES = [
  `INSERT INTO t VALUES (2, 'x')`,
  `UPDATE t SET note = 'x'`,
  'DELETE FROM t',
  'TRUNCATE t',
  'DROP TABLE t',
  'ALTER TABLE t ADD COLUMN k int',
  'CREATE INDEX ON t (note)',
  `COMMENT ON TABLE t IS 'x'`,
  `COPY t FROM PROGRAM 'echo 2'`,
  'SELECT * FROM t FOR UPDATE',
  `SELECT nextval('s')`,
  `SELECT setval('s', 100)`,
  'CREATE TABLE mine (i int)',
  'CREATE TEMP TABLE mine (i int)',
  'CREATE SCHEMA mine',
  'CREATE VIEW mine AS SELECT 1',
  'CREATE SEQUENCE mine',
  'CREATE TYPE mine AS (i int)',
  `CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  'CREATE EXTENSION pgcrypto',
  'REFRESH MATERIALIZED VIEW m',
  'DO $$ BEGIN EXECUTE $i$INSERT INTO t VALUES (3)$i$; END $$',
  'CREATE PUBLICATION mine',
  'ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC; CREATE TABLE mine (i int)',
];

const POSTGRES_LARGE_OBJECTS = [
  'SELECT lo_creat(-1)',
  'SELECT lo_create(0)',
  `SELECT lo_from_bytea(0, 'x')`,
  `SELECT lo_put(4711, 0, 'x')`,
  'SELECT lo_unlink(4711)',
  'SELECT lo_open(4711, 131072)',
  `SELECT lowrite(0, 'x')`,
  'SELECT lo_truncate(0, 0)',
  `SELECT lo_import('/etc/hostname')`,
  `SELECT pg_logical_emit_message(false, 'x', 'x')`,
];

for (const restricted of [false, true]) {
  const admin = restricted ? ', administrator without superuser' : '';
  onEngine('postgresql', restricted, `a read-only binding cannot write (PostgreSQL${admin})`, (bench) => {
    test('neither as its role, nor as itself, nor as the owner', async () => {
      const database = await bench().instance();
      const writer = await bench().connect(await bench().bind(database));
      await writer.query(`CREATE TABLE t (i int, note text); INSERT INTO t VALUES (1, 'one')`);
      await writer.query('CREATE SEQUENCE s; CREATE MATERIALIZED VIEW m AS SELECT 1 AS one');
      const reader = await bench().connect(await bench().bind(database, 'readonly'));
      for (const sql of POSTGRES_LOOSENING) await reader.query(sql);

      for (const role of ['SET ROLE NONE', `RESET ROLE`]) {
        await reader.query(role);
        expect(await notRefused(reader, POSTGRES_WRITES, [...POSTGRES_NO, '42P01', '3F000'])).toEqual([]);
      }
      expect(await notRefused(reader, [`SET ROLE ${database}_own`], POSTGRES_NO)).toEqual([]);
      expect(await writer.query('SELECT i, note FROM t')).toEqual([{ i: 1, note: 'one' }]);
      await Promise.all([writer.close(), reader.close()]);
    });
  });
}

onEngine('postgresql', false, 'large objects (PostgreSQL)', (bench) => {
  test('a read-only binding cannot make, change or remove one', async () => {
    const database = await bench().instance();
    const writer = await bench().connect(await bench().bind(database));
    await writer.query(`SELECT lo_from_bytea(4711, 'untouched')`);
    const reader = await bench().connect(await bench().bind(database, 'readonly'));
    for (const sql of POSTGRES_LOOSENING) await reader.query(sql);

    for (const role of ['RESET ROLE', 'SET ROLE NONE']) {
      await reader.query(role);
      expect(await notRefused(reader, POSTGRES_LARGE_OBJECTS, ['42501'])).toEqual([]);
    }
    expect(
      await writer.query(`SELECT oid::int, convert_from(lo_get(oid), 'UTF8') AS text FROM pg_largeobject_metadata`),
    ).toEqual([{ oid: 4711, text: 'untouched' }]);
    await Promise.all([writer.close(), reader.close()]);
  });

  test('those of an unbound login stay, and the next binding uses and removes them', async () => {
    const database = await bench().instance();
    const leaving = await bench().bind(database);
    const first = await bench().connect(leaving);
    await first.query(`SELECT lo_from_bytea(4712, 'kept')`);
    await first.query('SET ROLE NONE');
    expect(await notRefused(first, POSTGRES_LARGE_OBJECTS, ['42501'])).toEqual([]);
    await bench().engine.dropLogin(database, leaving.username);

    const second = await bench().connect(await bench().bind(database));
    expect(await second.query(`SELECT convert_from(lo_get(4712), 'UTF8') AS text`)).toEqual([{ text: 'kept' }]);
    await second.query('SELECT lo_unlink(4712)');
    await second.close();
  });
});

const MYSQL_WRITES = [
  'INSERT INTO t VALUES (2)',
  'REPLACE INTO t VALUES (2)',
  'UPDATE t SET i = 2',
  'DELETE FROM t',
  'TRUNCATE t',
  'DROP TABLE t',
  'ALTER TABLE t ADD COLUMN k int',
  'CREATE INDEX k ON t (i)',
  'RENAME TABLE t TO u',
  'LOCK TABLES t WRITE',
  'LOCK TABLES t READ',
  'OPTIMIZE TABLE t',
  'CREATE TABLE mine (i int)',
  'CREATE TEMPORARY TABLE mine (i int)',
  'CREATE VIEW mine AS SELECT 1',
  'CREATE PROCEDURE mine() SELECT 1',
  'CREATE FUNCTION mine() RETURNS int DETERMINISTIC RETURN 1',
  'CREATE TRIGGER mine BEFORE INSERT ON t FOR EACH ROW SET @x = 1',
  'CREATE EVENT mine ON SCHEDULE EVERY 1 DAY DO SELECT 1',
  'CALL p()',
  'SELECT f()',
  'DROP VIEW v',
  'DROP PROCEDURE p',
  'ALTER DATABASE CHARACTER SET latin1',
  `SELECT * FROM t INTO OUTFILE '/tmp/never-written'`,
  `LOAD DATA INFILE '/etc/hostname' INTO TABLE t`,
  'GRANT ALL ON t TO CURRENT_USER()',
];

for (const restricted of [false, true]) {
  const admin = restricted ? ', administrator without SUPER' : '';
  onEngine('mysql', restricted, `a read-only binding cannot write (MySQL${admin})`, (bench) => {
    test('whatever it tries', async () => {
      const database = await bench().instance();
      const writer = await bench().connect(await bench().bind(database));
      await writer.query('CREATE TABLE t (i int)');
      await writer.query('INSERT INTO t VALUES (1)');
      await writer.query('CREATE VIEW v AS SELECT i FROM t');
      await writer.query('CREATE PROCEDURE p() INSERT INTO t VALUES (9)');
      const reader = await bench().connect(await bench().bind(database, 'readonly'));
      for (const sql of ['SET SESSION TRANSACTION READ WRITE', 'SET autocommit = 1']) await reader.query(sql);

      expect(await notRefused(reader, [...MYSQL_WRITES, `DROP DATABASE ${database}`], MYSQL_NO)).toEqual([]);
      expect(await writer.query('SELECT i FROM t')).toEqual([{ i: 1 }]);
      await Promise.all([writer.close(), reader.close()]);
    });
  });
}
