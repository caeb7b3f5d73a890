import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { Cluster } from '../support/cluster.ts';
import { runOn } from '../support/kill-scenario.ts';
import { describeWithKubectl, Kubectl } from '../support/kubectl.ts';
import { binding, instance, namespace } from '../support/manifests.ts';
import type { Stack } from '../support/shared-stack.ts';
import { sharedStack } from '../support/shared-stack.ts';

const NAMESPACE = 'sharing-test';

/** Opens a session that stays open; resolves with how it ends. */
async function openSession(uri: string): Promise<{ ended: Promise<void>; alive: () => Promise<boolean> }> {
  if (uri.startsWith('postgres')) {
    const client = new pg.Client({ connectionString: uri });
    const ended = new Promise<void>((resolve) => {
      client.on('error', () => resolve());
      client.on('end', () => resolve());
    });
    await client.connect();
    return {
      ended,
      alive: () =>
        client.query('SELECT 1').then(
          () => true,
          () => false,
        ),
    };
  }
  const connection = await createConnection({ uri });
  const ended = new Promise<void>((resolve) => {
    connection.on('error', () => resolve());
    connection.on('end', () => resolve());
  });
  return {
    ended,
    alive: () =>
      connection.query('SELECT 1').then(
        () => true,
        () => false,
      ),
  };
}

for (const [className, name] of [
  ['cloud-postgresql', 'pg'],
  ['cloud-mysql', 'my'],
] as const) {
  describeWithKubectl(`two bindings of one ${className} instance`, () => {
    sharing(className, name);
  });
}

function sharing(className: string, name: string): void {
  let stack: Stack;
  let kubectl: Kubectl;
  let cluster: Cluster;
  const uri = async (of: string): Promise<string> => (await cluster.secret(of))!['connectionString']!;

  beforeAll(async () => {
    stack = await sharedStack();
    kubectl = new Kubectl(stack.kubeconfig);
    cluster = new Cluster(kubectl, NAMESPACE);
    await kubectl.apply(namespace(NAMESPACE));
    await kubectl.apply(instance({ namespace: NAMESPACE, name, className }));
    for (const one of ['first', 'second'])
      await kubectl.apply(binding({ namespace: NAMESPACE, name: `${name}-${one}`, instance: name }));
    await kubectl.apply(
      binding({ namespace: NAMESPACE, name: `${name}-reader`, instance: name, parameters: { access: 'readonly' } }),
    );
    for (const one of ['first', 'second', 'reader']) await cluster.untilReady('servicebinding', `${name}-${one}`);
  });
  afterAll(async () => {
    await kubectl.run(['-n', NAMESPACE, 'delete', 'servicebindings', '--all', '--timeout=60s']);
    await kubectl.run(['-n', NAMESPACE, 'delete', 'serviceinstances', '--all', '--timeout=60s']);
  });

  test('the second alters a table made by the first', async () => {
    await runOn(await uri(`${name}-first`), ['CREATE TABLE shared (a int)', 'INSERT INTO shared VALUES (1)']);
    await runOn(await uri(`${name}-second`), [
      'ALTER TABLE shared ADD COLUMN b int',
      'INSERT INTO shared VALUES (2, 2)',
    ]);
    expect(await runOn(await uri(`${name}-first`), ['SELECT count(b) AS n FROM shared'])).toBe(1);
  });

  test('the read-only one reads and cannot write', async () => {
    const reader = await uri(`${name}-reader`);
    expect(await runOn(reader, ['SELECT count(*) AS n FROM shared'])).toBe(2);
    await expect(runOn(reader, ['INSERT INTO shared VALUES (3, 3)'])).rejects.toThrow(/denied|read-only/);
    await expect(runOn(reader, ['CREATE TABLE mine (a int)'])).rejects.toThrow(/denied|read-only/);
  });

  test('unbinding the first ends its session at once, keeps the table, and the second goes on', async () => {
    const first = await uri(`${name}-first`);
    const session = await openSession(first);
    const other = await openSession(await uri(`${name}-second`));
    await kubectl.run(['-n', NAMESPACE, 'delete', 'servicebinding', `${name}-first`, '--timeout=60s']);
    await session.ended;
    expect(await session.alive()).toBe(false);
    await expect(openSession(first)).rejects.toThrow();
    expect(await other.alive()).toBe(true);
    expect(await runOn(await uri(`${name}-second`), ['SELECT count(*) AS n FROM shared'])).toBe(2);
  });
}
