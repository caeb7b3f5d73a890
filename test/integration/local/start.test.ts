import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { isTrue } from '../../../lib/catalog/conditions.ts';
import { CLUSTER_SERVICE_BROKERS } from '../../../lib/catalog/resources.ts';
import { createKubeClient } from '../../../lib/kube/api-client.ts';
import { takeLock } from '../../../local/processes/file-lock.ts';
import { identify, isRunning } from '../../../local/processes/identity.ts';
import type { ProcessIdentity } from '../../../local/processes/identity.ts';
import type { ProcessRecord } from '../../../local/processes/process-files.ts';
import { waitUntil } from '../../../local/processes/wait-until.ts';

const checkout = join(import.meta.dirname, '../../..');
// A bound for what hangs, not a claim about speed.
jest.setTimeout(120_000);

let home: string;
const started: Start[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'start-'));
});
afterEach(async () => {
  for (const one of started.splice(0)) {
    one.child.kill('SIGTERM');
    await one.ended;
  }
  rmSync(home, { recursive: true });
});

interface Start {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

function start(script: string, args: readonly string[], environment: Record<string, string> = {}): Start {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(checkout, script), ...args], {
    cwd: checkout,
    // PostgreSQL alone is enough here, and faster.
    env: { ...process.env, SERVICE_CATALOG_HOME: home, SERVICE_CATALOG_MYSQL: 'none', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const one = {
    child,
    output: () => output,
    ended: new Promise<number | null>((resolve) => child.once('close', resolve)),
  };
  started.push(one);
  return one;
}
const startMain = (args: readonly string[] = [], environment: Record<string, string> = {}): Start =>
  start('local/main.ts', args, environment);

const records = (): ProcessRecord[] =>
  readdirSync(join(home, 'processes'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(home, 'processes', name), 'utf8')) as ProcessRecord);
const untilReady = (one: Start): Promise<true> =>
  waitUntil(async () => (/^ready/m.test(one.output()) ? true : undefined), { what: 'ready', timeoutMs: 60_000 });
const untilGone = (identities: readonly ProcessIdentity[]): Promise<true> =>
  waitUntil(async () => ((await Promise.all(identities.map(isRunning))).includes(true) ? undefined : true), {
    what: 'the end of every process',
    timeoutMs: 60_000,
  });

/** Registers the broker as somebody would who writes the YAML by hand: nothing in it says whom to trust. */
async function untilBrokerIsTrusted(): Promise<void> {
  const kube = createKubeClient({ kubeconfig: join(home, 'kubeconfig'), userAgent: 'test' });
  try {
    await kube.create(CLUSTER_SERVICE_BROKERS, {
      metadata: { name: 'by-hand' },
      spec: {
        url: 'https://database-broker.service-catalog.svc',
        authInfo: { basic: { secretRef: { namespace: 'service-catalog', name: 'database-broker-auth' } } },
      },
    });
    const isReady = async (): Promise<true | undefined> =>
      isTrue((await kube.get(CLUSTER_SERVICE_BROKERS, { name: 'by-hand' }))?.status, 'Ready') ? true : undefined;
    await waitUntil(isReady, { what: 'the catalog of the broker', timeoutMs: 60_000 });
  } finally {
    kube.close();
  }
}

describe('a start that cannot succeed ends with one sentence', () => {
  test('while another one runs from the same folder', async () => {
    const release = await takeLock(join(home, 'stack.lock'), { what: 'a test', timeoutMs: 0 });
    const { output, ended } = startMain();
    expect(await ended).toBe(2);
    expect(output().trim()).toBe(
      `Service Catalog runs from ${home} already (process ${process.pid}). ` +
        'Stop that one first, or set SERVICE_CATALOG_HOME to another folder to run a second one beside it.',
    );
    await release();
  });

  test('when a port that was asked for is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { output, ended } = startMain([], { BROKER_PORT: String(port) });
    expect(await ended).toBe(2);
    expect(output().trim()).toBe(`Port ${port} (BROKER_PORT) is in use by another program.`);
    await new Promise((resolve) => server.close(resolve));
  });

  test('when the server it should use is none, without telling its password', async () => {
    const url = 'mysql://root:topsecret@127.0.0.1:1';
    const one = startMain(['--empty'], { SERVICE_CATALOG_MYSQL_URL: url, SERVICE_CATALOG_MYSQL: '' });
    expect(await one.ended).toBe(2);
    expect(one.output()).toContain('The configured MySQL server cannot be used: ');
    expect(one.output()).not.toContain('topsecret');
    expect(records()).toEqual([]);
  });

  test('when the kubeconfig it should use is not there', async () => {
    const { output, ended } = startMain(['--kubeconfig', join(home, 'absent')]);
    expect(await ended).toBe(2);
    expect(output()).toContain(join(home, 'absent'));
  });
});

describe('a running stack', () => {
  test('brings servers back that are killed, and ends when what started it is killed', async () => {
    const one = start('scripts/start.mjs', ['--empty']);
    await untilReady(one);
    expect(one.output()).toContain('MySQL is switched off');
    await untilBrokerIsTrusted();
    const before = records();
    expect(before.map(({ name }) => name).toSorted()).toEqual([
      'broker',
      'catalog-apiserver',
      'catalog-controller',
      'postgresql',
      'store',
    ]);
    for (const { pid } of before.filter(({ name }) => name === 'postgresql' || name === 'store')) {
      process.kill(pid, 'SIGKILL');
    }
    const after = await waitUntil(
      async () => {
        const now = records();
        const fresh = now.filter(({ pid }) => !before.some((old) => old.pid === pid));
        return now.length === 5 && fresh.length === 2 ? now : undefined;
      },
      { what: 'two new servers', timeoutMs: 60_000 },
    );

    // Its own process, found by the folder it locks.
    const lock = JSON.parse(readFileSync(join(home, 'stack.lock'), 'utf8')) as ProcessIdentity;
    one.child.kill('SIGKILL');
    await untilGone([...after, lock]);
    expect(existsSync(join(home, 'stack.lock'))).toBe(false);
    expect(await identify(lock.pid)).toBeUndefined();
  });
});
