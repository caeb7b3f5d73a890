import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { describeWithMysql, testServers } from '../../support/servers.ts';
import { newId, startTestBroker, stopTestBrokers } from './support/broker.ts';
import type { TestBroker } from './support/broker.ts';
import { SERVICES } from './support/osb-api.ts';
import type { Kind } from './support/osb-api.ts';
import { asBinding, hasDatabase, hasLogin } from './support/tenant-sql.ts';

jest.setTimeout(60_000);

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(stopTestBrokers);

describe('a PostgreSQL instance', () => {
  lifecycle('postgresql');
});
describeWithMysql('a MySQL instance', () => {
  lifecycle('mysql');
});

function lifecycle(kind: Kind): void {
  const id = newId();

  test('is created in the background and then says what it really is', async () => {
    const created = await broker.api.provision(id, { kind, plan: 'standard', parameters: { storageGB: 20 } });
    expect(created.status).toBe(202);
    const { product, version } = (await testServers())[kind === 'mysql' ? 'mysql' : 'postgres'];
    expect(await broker.api.endOf(id, created)).toEqual({
      state: 'succeeded',
      description: `the ${product} ${version} database is ready`,
    });
    const fetched = await broker.api.fetch(id);
    expect(fetched.status).toBe(200);
    expect(fetched.body).toMatchObject({
      service_id: SERVICES[kind].id,
      plan_id: SERVICES[kind].plans['standard'],
      parameters: { storageGB: 20, version: kind === 'mysql' ? '5.7' : '18' },
      metadata: { labels: { provider: product, version } },
    });
  });

  test('gives each binding credentials that work, in every form applications ask for', async () => {
    const { product, version, host, port } = (await testServers())[kind === 'mysql' ? 'mysql' : 'postgres'];
    const credentials = await broker.api.credentials(id, `${id}-rw`, { kind, plan: 'standard' });
    const { username, password, database, uri } = credentials;
    expect(credentials).toEqual({
      type: kind,
      provider: product,
      version,
      host,
      port,
      database,
      username,
      password,
      uri: `${kind}://${username}:${password}@${host}:${port}/${database}`,
      connectionString: uri,
      jdbcUrl: `jdbc:${kind}://${host}:${port}/${database}?user=${username}&password=${password}`,
    });
    await asBinding(credentials, 'CREATE TABLE notes (id int)', 'INSERT INTO notes VALUES (1)');
    expect((await broker.api.fetchBinding(id, `${id}-rw`)).body).toMatchObject({
      credentials,
      parameters: { access: 'readwrite' },
    });
  });

  test('lets a read-only binding read what another wrote, and no more', async () => {
    const credentials = await broker.api.credentials(id, `${id}-ro`, { kind, parameters: { access: 'readonly' } });
    expect(await asBinding(credentials, 'SELECT id FROM notes')).toEqual([[{ id: 1 }]]);
    await expect(asBinding(credentials, 'INSERT INTO notes VALUES (2)')).rejects.toThrow();
  });

  test('changes its plan and parameters, and keeps its data and bindings', async () => {
    const updated = await broker.api.update(id, { kind, plan: 'large', parameters: { storageGB: 500 } });
    expect(await broker.api.endOf(id, updated)).toMatchObject({ state: 'succeeded' });
    expect((await broker.api.fetch(id)).body).toMatchObject({
      plan_id: SERVICES[kind].plans['large'],
      parameters: { storageGB: 500 },
    });
    const { credentials } = (await broker.api.fetchBinding(id, `${id}-rw`)).body;
    expect(await asBinding(credentials!, 'SELECT id FROM notes')).toEqual([[{ id: 1 }]]);
  });

  test('refuses credentials after unbind, and keeps the tables', async () => {
    const { credentials } = (await broker.api.fetchBinding(id, `${id}-rw`)).body;
    expect((await broker.api.unbind(id, `${id}-rw`, { kind })).status).toBe(200);
    await expect(asBinding(credentials!, 'SELECT 1')).rejects.toThrow();
    expect((await broker.api.fetchBinding(id, `${id}-rw`)).status).toBe(404);
    const reader = (await broker.api.fetchBinding(id, `${id}-ro`)).body.credentials;
    expect(await asBinding(reader!, 'SELECT id FROM notes')).toEqual([[{ id: 1 }]]);
  });

  test('takes the bindings that are left with it when it is deleted, on the server too', async () => {
    const { credentials } = (await broker.api.fetchBinding(id, `${id}-ro`)).body;
    const deleted = await broker.api.deprovision(id, { kind });
    expect(await broker.api.endOf(id, deleted)).toEqual({
      state: 'succeeded',
      description: 'the database has been deleted',
    });
    expect(await hasDatabase(kind, credentials!.database)).toBe(false);
    expect(await hasLogin(kind, credentials!.username)).toBe(false);
    expect((await broker.api.fetch(id)).status).toBe(404);
    expect((await broker.api.fetchBinding(id, `${id}-ro`)).status).toBe(404);
    expect((await broker.api.unbind(id, `${id}-ro`, { kind })).status).toBe(410);
    expect((await broker.api.deprovision(id, { kind })).status).toBe(410);
  });
}
