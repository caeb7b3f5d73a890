import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { resolveComposeFile } from '../support/container/compose-file.ts';
import type { ComposeFile } from '../support/container/compose-file.ts';
import { Composition } from '../support/container/composition.ts';
import { describeWithImage } from '../support/container/describe-with-image.ts';
import { unpackImage } from '../support/container/image-root.ts';
import { Runc } from '../support/container/runc.ts';

/** Applications: the credentials are in their environment. */
const WRITE_POSTGRES = `
  const { Client } = require('pg');
  const client = new Client({ connectionString: process.env.URI });
  client.connect()
    .then(() => client.query('CREATE TABLE seen (what text)'))
    .then(() => client.query("INSERT INTO seen VALUES ('a row of PostgreSQL')"))
    .then(() => client.query('SELECT what FROM seen'))
    .then(({ rows }) => console.log(rows[0].what))
    .then(() => client.end());`;
const WRITE_MYSQL = `
  require('mysql2/promise').createConnection(process.env.URI).then(async (client) => {
    await client.query('CREATE TABLE seen (what text)');
    await client.query("INSERT INTO seen VALUES ('a row of MySQL')");
    const [rows] = await client.query('SELECT what FROM seen');
    console.log(rows[0].what);
    await client.end();
  });`;

/** Ends with 1 when a process in the container has ended and nobody has asked how. */
const NO_ZOMBIE = `
  const { readdirSync, readFileSync } = require('node:fs');
  const states = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))
    .map((name) => readFileSync('/proc/' + name + '/stat', 'utf8').replace(/^.*[)] /s, '')[0]);
  process.exit(states.length > 0 && !states.includes('Z') ? 0 : 1);`;

/** What docker-compose.yml says, as docker compose itself reads it. */
describe('docker-compose.yml', () => {
  let file: ComposeFile;
  beforeAll(async () => {
    file = await resolveComposeFile();
  });

  test('has every part of the product', () => {
    expect(Object.keys(file.services).toSorted()).toEqual([
      ...['apiserver', 'broker', 'controller', 'mysql', 'postgres', 'prepare', 'quickstart', 'store', 'svcat'],
    ]);
  });

  test('gives no service more than it needs', () => {
    for (const [name, service] of Object.entries(file.services)) {
      expect({ name, ...service }).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        deploy: {
          resources: { limits: { cpus: expect.anything(), memory: expect.anything(), pids: expect.anything() } },
        },
      });
      expect(service.privileged ?? false).toBe(false);
      expect(name === 'prepare' || /^[1-9]\d*:[1-9]\d*$/.test(service.user ?? '')).toBe(true);
    }
  });

  test('holds no password', () => {
    for (const { environment = {} } of Object.values(file.services)) {
      const secrets = Object.keys(environment).filter((name) => /PASSWORD|SECRET|TOKEN/.test(name));
      expect(secrets.filter((name) => !name.endsWith('_FILE'))).toEqual([]);
    }
  });

  test('takes no file of the checkout, which the users of containers may be unable to read', () => {
    const mounts = Object.values(file.services).flatMap(({ volumes = [] }) => volumes);
    expect(mounts.filter(({ type }) => type !== 'volume')).toEqual([]);
  });

  test('publishes on loopback only', () => {
    const published = Object.values(file.services).flatMap(({ ports = [] }) => ports);
    expect(published.map(({ host_ip: address }) => address)).toEqual(['127.0.0.1']);
  });

  test('checks the health of everything that keeps running', () => {
    const running = Object.values(file.services).filter(({ restart }) => restart === 'unless-stopped');
    expect(running).toHaveLength(6);
    for (const { healthcheck } of running) expect(healthcheck?.test[0]).toBe('CMD');
  });
});

describeWithImage('what docker-compose.yml starts', () => {
  let folder: string;
  let composition: Composition;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'service-catalog-compose-'));
    const image = await unpackImage(folder);
    composition = new Composition(await resolveComposeFile(), image, await Runc.create(folder), folder);
    await composition.create();
  });
  afterAll(async () => {
    await composition.down();
    await rm(folder, { recursive: true, force: true });
  });

  test('ends with the Secrets of the quickstart', async () => {
    const quickstart = await composition.service('quickstart');
    const code = await quickstart.exited;
    if (code !== 0) console.error(await composition.logs());
    expect(quickstart.output()).toContain('test-ns/my-db-binding: credentials are in Secret my-db-credentials');
    expect(quickstart.output()).toContain('test-ns/my-pg-binding: credentials are in Secret my-pg-credentials');
    expect(code).toBe(0);
  });

  test('hands an application credentials with which both databases answer', async () => {
    const run = (binding: string, script: string) =>
      composition.run('svcat', ['exec', binding, '--namespace', 'test-ns', '--', 'node', '--eval', script]);
    expect(await run('my-pg-binding', WRITE_POSTGRES)).toEqual({ code: 0, output: 'a row of PostgreSQL\n' });
    expect(await run('my-db-binding', WRITE_MYSQL)).toEqual({ code: 0, output: 'a row of MySQL\n' });
  });

  test('leaves no zombie to the first process of a container', async () => {
    for (const name of ['controller', 'broker', 'apiserver']) {
      const service = await composition.service(name);
      expect({ name, code: await service.exec(['node', '--eval', NO_ZOMBIE]) }).toEqual({ name, code: 0 });
    }
  });

  test('lets each service read its own secrets and nobody else', async () => {
    const volumes = (await readdir(join(folder, 'volumes'))).filter((name) => name.endsWith('-secrets'));
    expect(volumes).toHaveLength(7);
    for (const volume of volumes) {
      const path = composition.volume(volume);
      const owner = (await stat(path)).uid;
      expect((await stat(path)).mode & 0o777).toBe(0o700);
      expect(owner).not.toBe(0);
      for (const name of await readdir(path)) {
        const file = await stat(join(path, name));
        expect({ name, mode: file.mode & 0o777, owner: file.uid }).toEqual({ name, mode: 0o600, owner });
      }
    }
  });

  test('keeps its secrets when it is started again', async () => {
    const file = join(composition.volume('broker-secrets'), 'encryption.key');
    const before = await readFile(file, 'utf8');
    const { code } = await composition.run('prepare', ['/volumes', '6443']);
    expect(code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  test('stops on SIGTERM, every program with 0', async () => {
    for (const name of ['controller', 'broker', 'apiserver']) {
      const service = await composition.service(name);
      await service.kill('TERM');
      expect({ name, code: await service.exited }).toEqual({ name, code: 0 });
    }
  });
});
