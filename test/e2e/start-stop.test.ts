import { afterAll, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { census } from '../support/census.ts';
import { Cluster } from '../support/cluster.ts';
import { recordHome } from '../support/evidence.ts';
import { runOn } from '../support/kill-scenario.ts';
import { describeWithKubectl, Kubectl } from '../support/kubectl.ts';
import type { Endpoints } from '../support/shared-stack.ts';
import { readEndpoints } from '../support/shared-stack.ts';
import { eventually } from '../support/wait.ts';

const ROOT = join(import.meta.dirname, '../..');

/** `npm start` as a user runs it, with its state in a folder of its own. */
class NpmStart {
  readonly home: string;
  output = '';
  #npm: ChildProcess | undefined;
  #exit: Promise<number | null> | undefined;

  constructor(home: string) {
    this.home = home;
  }

  /** Starts it and waits for the line that begins with `ready`. */
  async untilReady(): Promise<Endpoints> {
    this.output = '';
    const npm = spawn('npm', ['start'], {
      cwd: ROOT,
      env: { ...process.env, SERVICE_CATALOG_HOME: this.home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [npm.stdout, npm.stderr])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#exit = new Promise((resolve) => npm.once('close', resolve));
    this.#npm = npm;
    await eventually('npm start is ready', () => /^ready/m.test(this.output), {
      describe: () => this.output.slice(-2000),
    });
    const endpoints = await readEndpoints(this.home);
    expect(endpoints.ready).toBe(true);
    return endpoints;
  }

  /** Sends a signal to npm itself, as Ctrl-C or a service manager would, and waits for its end. */
  async stop(signal: NodeJS.Signals): Promise<number | null> {
    this.#npm?.kill(signal);
    return (await this.#exit) ?? null;
  }
}

/** The processes that have something of this folder on their command line or in their environment. */
async function processesOf(home: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const read = (name: string): Promise<string> => readFile(`/proc/${entry}/${name}`, 'utf8').catch(() => '');
    if ((await read('cmdline')).includes(home) || (await read('environ')).includes(`SERVICE_CATALOG_HOME=${home}`)) {
      found.push(Number(entry));
    }
  }
  return found;
}

describeWithKubectl('npm start', () => {
  let home: string;
  let start: NpmStart;
  let databases: string[];
  const cluster = (): Cluster => new Cluster(new Kubectl(join(home, 'kubeconfig')), 'test-ns');
  const tenants = (endpoints: Endpoints) => endpoints.servers.filter((server) => server.name !== 'store');
  const uris = async (): Promise<string[]> =>
    Promise.all(
      ['my-db-credentials', 'my-pg-credentials'].map(
        async (name) => (await cluster().secret(name))!['connectionString']!,
      ),
    );

  afterAll(async () => {
    await start.stop('SIGTERM');
    await recordHome('start-stop', home);
    await rm(home, { recursive: true, force: true });
  });

  test('reaches ready with the databases of the quickstart, and keeps its files to itself', async () => {
    home = await mkdtemp(join(tmpdir(), 'service-catalog-start-'));
    start = new NpmStart(home);
    const endpoints = await start.untilReady();
    databases = (await census(tenants(endpoints))).databases;
    expect(databases).toHaveLength(2);
    for (const uri of await uris()) await runOn(uri, ['CREATE TABLE kept (id int)', 'INSERT INTO kept VALUES (1)']);
    for (const file of ['endpoints.json', 'kubeconfig']) expect((await stat(join(home, file))).mode & 0o077).toBe(0);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s to npm leaves no process behind, and a new start finds everything',
    async (signal) => {
      await start.stop(signal);
      expect(await processesOf(home)).toEqual([]);
      const endpoints = await start.untilReady();
      expect((await census(tenants(endpoints))).databases).toEqual(databases);
      await cluster().untilReady('servicebinding', 'my-db-binding');
      for (const uri of await uris()) expect(await runOn(uri, ['SELECT count(*) AS n FROM kept'])).toBe(1);
    },
  );

  test('SIGKILL to every process and a new start recovers', async () => {
    for (const pid of await processesOf(home)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone together with one we have just ended.
      }
    }
    await start.stop('SIGKILL');
    const endpoints = await start.untilReady();
    expect((await census(tenants(endpoints))).databases).toEqual(databases);
    await cluster().untilReady('servicebinding', 'my-pg-binding');
    for (const uri of await uris()) expect(await runOn(uri, ['SELECT count(*) AS n FROM kept'])).toBe(1);
  });
});
