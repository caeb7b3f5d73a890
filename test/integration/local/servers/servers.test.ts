import { describe, expect, test } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { createStoreDatabase, describeWithMysql, testServers } from '../../../support/servers.ts';

describe('the PostgreSQL of the dependencies', () => {
  test('answers with its real version, in UTF-8', async () => {
    const { postgres } = await testServers();
    expect(postgres.product).toBe('PostgreSQL');
    expect(postgres.version).toMatch(/^18\.\d+$/);
    const client = new pg.Client({
      host: postgres.host,
      port: postgres.port,
      user: postgres.username,
      password: postgres.password,
      database: 'postgres',
    });
    await client.connect();
    try {
      const { rows } = await client.query<{ encoding: string; locale: string; addresses: string; sockets: string }>(
        `SELECT current_setting('server_encoding') AS encoding, datcollate AS locale,
                current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets
           FROM pg_database WHERE datname = 'postgres'`,
      );
      expect(rows).toEqual([{ encoding: 'UTF8', locale: 'C.UTF-8', addresses: '127.0.0.1', sockets: '' }]);
    } finally {
      await client.end();
    }
  });

  test('lets nobody in with a wrong password', async () => {
    const { postgres } = await testServers();
    const client = new pg.Client({
      host: postgres.host,
      port: postgres.port,
      user: postgres.username,
      password: 'wrong',
      database: 'postgres',
    });
    await expect(client.connect()).rejects.toThrow('password authentication failed');
  });

  test('gives a store database to an owner who is no superuser, and takes it back', async () => {
    const store = await createStoreDatabase();
    const url = new URL(store.url);
    const options = { host: url.hostname, port: Number(url.port), user: url.username, database: url.pathname.slice(1) };
    const client = new pg.Client({ ...options, password: store.password });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ rolsuper: boolean }>(
      'SELECT rolsuper FROM pg_roles WHERE rolname = current_user',
    );
    expect(rows).toEqual([{ rolsuper: false }]);
    await client.query('CREATE TABLE t (a int)');
    await store.drop();
    await client.end().catch(() => undefined);
    await expect(new pg.Client({ ...options, password: store.password }).connect()).rejects.toThrow();
  });
});

describeWithMysql('the MySQL server', () => {
  test('has one administrator with a password, and nobody without one', async () => {
    const { mysql } = await testServers();
    const connection = await createConnection({
      host: mysql.host,
      port: mysql.port,
      user: mysql.username,
      password: mysql.password,
    });
    try {
      const [rows] = await connection.query(
        "SELECT User, Host FROM mysql.user WHERE User NOT LIKE 'm%.%' ORDER BY User",
      );
      expect(rows).toEqual([{ User: 'root', Host: '127.0.0.1' }]);
    } finally {
      await connection.end();
    }
    const anonymous = createConnection({ host: mysql.host, port: mysql.port, user: mysql.username });
    await expect(anonymous).rejects.toThrow('Access denied');
  });
});
