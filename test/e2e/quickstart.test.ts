import { beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cluster } from '../support/cluster.ts';
import { describeWithKubectl, Kubectl } from '../support/kubectl.ts';
import { run } from '../support/run.ts';
import type { Stack } from '../support/shared-stack.ts';
import { sharedStack } from '../support/shared-stack.ts';

const ROOT = join(import.meta.dirname, '../..');
const SVCAT = join(ROOT, 'cli/bin/svcat.js');

/** A user's program: it knows one environment variable, connects with it and writes. */
const PROGRAM = `
  const url = process.env.connectionString;
  if (url.startsWith('postgres')) {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('CREATE TABLE IF NOT EXISTS visits (n int)');
    await client.query('INSERT INTO visits VALUES (42)');
    console.log((await client.query('SELECT max(n) AS n FROM visits')).rows[0].n);
    await client.end();
  } else {
    const mysql = await import('mysql2/promise');
    const connection = await mysql.createConnection(url);
    await connection.query('CREATE TABLE IF NOT EXISTS visits (n int)');
    await connection.query('INSERT INTO visits VALUES (42)');
    const [rows] = await connection.query('SELECT max(n) AS n FROM visits');
    console.log(rows[0].n);
    await connection.end();
  }`;

describeWithKubectl('the quickstart that npm start applied', () => {
  let stack: Stack;
  let cluster: Cluster;
  beforeAll(async () => {
    stack = await sharedStack();
    cluster = new Cluster(new Kubectl(stack.kubeconfig), 'test-ns');
  });

  const svcat = (args: readonly string[], input?: string) =>
    run(process.execPath, [SVCAT, '--kubeconfig', stack.kubeconfig, '-n', 'test-ns', ...args], {
      cwd: ROOT,
      ...(input === undefined ? {} : { input }),
    });

  test.each([
    ['my-db-credentials', 'mysql', 'mysql://'],
    ['my-pg-credentials', 'postgresql', 'postgresql://'],
  ])('leaves Secret %s with every documented key', async (name, type, scheme) => {
    const secret = await cluster.secret(name);
    expect(Object.keys(secret ?? {})).toEqual(
      expect.arrayContaining([
        ...['host', 'port', 'database', 'username', 'password', 'uri', 'connectionString', 'jdbcUrl', 'type'],
        ...['provider', 'version'],
      ]),
    );
    expect(secret).toMatchObject({
      type,
      connectionString: secret?.['uri'],
      jdbcUrl: expect.stringContaining('jdbc:'),
    });
    expect(secret?.['uri']?.startsWith(scheme)).toBe(true);
  });

  test.each(['my-db-binding', 'my-pg-binding'])('svcat exec %s runs a program that creates a table', async (name) => {
    const ended = await svcat(['exec', name, '--', process.execPath, '--input-type=module', '-e', PROGRAM]);
    expect(ended).toMatchObject({ code: 0, stdout: '42\n' });
  });

  test('svcat exec hands on the exit code of the program', async () => {
    const ended = await svcat(['exec', 'my-db-binding', '--', process.execPath, '-e', 'process.exit(7)']);
    expect(ended.code).toBe(7);
  });

  test.each(['my-db-binding', 'my-pg-binding'])('svcat connect %s answers SQL', async (name) => {
    const ended = await svcat(['connect', name], 'SELECT 6*7 AS answer;\n');
    expect(ended.stderr).not.toMatch(/error/i);
    expect(ended.stdout).toContain('42');
  });

  test('svcat doctor finds nothing wrong', async () => {
    expect(await svcat(['doctor', 'my-db-instance'])).toMatchObject({ code: 0 });
    expect(await svcat(['doctor', 'my-pg-binding'])).toMatchObject({ code: 0 });
  });

  test('svcat get and describe show what is there', async () => {
    expect((await svcat(['get', 'instances'])).stdout).toMatch(/my-db-instance\s+.*cloud-mysql.*standard.*Ready/);
    expect((await svcat(['get', 'plans'])).stdout).toMatch(/standard/);
    const described = await svcat(['describe', 'binding', 'my-db-binding']);
    expect(described.stdout).toContain('my-db-credentials');
    expect(described.stdout).not.toContain((await cluster.secret('my-db-credentials'))?.['password']);
  });

  test('the file can be applied again at any time, and the broker goes on working', async () => {
    const file = await readFile(join(ROOT, 'examples/quickstart.yaml'), 'utf8');
    await cluster.kubectl.apply(file);
    await cluster.kubectl.run(['annotate', 'clusterservicebroker', 'cloud-broker', 'touched=yes', '--overwrite']);
    const broker = await cluster.untilReady('clusterservicebroker', 'cloud-broker');
    expect(broker.spec['caBundle']).toBeDefined();
    expect(broker.spec['authInfo']).toBeDefined();
  });
});
