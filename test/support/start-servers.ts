import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../local/cache-folder.ts';
import { freePort } from '../../local/processes/free-port.ts';
import { identify } from '../../local/processes/identity.ts';
import { chooseMysql } from '../../local/servers/mysql.ts';
import { postgresRecipe } from '../../local/servers/postgres.ts';
import type { RecipeOptions, ServerAddress, ServerRecipe } from '../../local/servers/server.ts';
import { provideKubectl } from './ensure-kubectl.ts';
import type { TestServers } from './servers.ts';
import { createRunFolder, rememberProcesses, removeRunFolder } from './test-run-folder.ts';
import type { StartedProcess } from './test-run-folder.ts';

/**
 * Jest's global set-up of the project "integration": one PostgreSQL and one MySQL (or MariaDB) server for the run,
 * data in a temporary folder, and kubectl. When `SC_TEST_SERVERS` is set already, those servers are used and none is started.
 */
export default async function startServers(): Promise<void> {
  await provideKubectl();
  if (process.env['SC_TEST_SERVERS'] !== undefined) return;
  const folder = await createRunFolder();
  process.env['SC_TEST_RUN_FOLDER'] = folder;
  const started: StartedProcess[] = [];
  try {
    const [postgres, mysql] = await Promise.all([startPostgres(folder, started), startMysql(folder, started)]);
    const servers: TestServers = { postgres, ...mysql };
    process.env['SC_TEST_SERVERS'] = JSON.stringify(servers);
    if (servers.mysqlUnavailable) console.error(`\nNOT RUN: every test on MySQL. ${servers.mysqlUnavailable}\n`);
  } catch (thrown) {
    // Jest runs no teardown after a set-up that failed.
    await removeRunFolder(folder);
    throw thrown;
  }
}

async function startPostgres(folder: string, started: StartedProcess[]): Promise<ServerAddress> {
  return start(folder, 'postgres', await postgresRecipe(await prepare(folder, 'postgres')), started);
}

async function startMysql(
  folder: string,
  started: StartedProcess[],
): Promise<Pick<TestServers, 'mysql' | 'mysqlUnavailable'>> {
  const choice = await chooseMysql({
    ...(await prepare(folder, 'mysql')),
    url: process.env['SERVICE_CATALOG_MYSQL_URL'],
    source: process.env['SERVICE_CATALOG_MYSQL'],
    cacheDir: cacheFolder(process.env, homedir()),
    path: process.env['PATH'] ?? '',
    say: (message) => {
      console.error(message);
    },
  });
  switch (choice.kind) {
    case 'external':
      return { mysql: choice.address };
    case 'server':
      return { mysql: await start(folder, 'mysql', choice.recipe, started) };
    case 'unavailable':
      return { mysqlUnavailable: choice.reason };
  }
}

async function prepare(folder: string, name: string): Promise<RecipeOptions> {
  const passwordFile = join(folder, `${name}.password`);
  await writeFile(passwordFile, randomBytes(12).toString('hex'), { mode: 0o600 });
  return { dataDir: join(folder, name), port: await freePort(), passwordFile, fast: true };
}

async function start(
  folder: string,
  name: string,
  recipe: ServerRecipe,
  started: StartedProcess[],
): Promise<ServerAddress> {
  const log = openSync(join(folder, `${name}.log`), 'a', 0o600);
  const { file, args, env } = recipe.command;
  const child = spawn(file, [...args], { stdio: ['ignore', log, log], ...(env ? { env } : {}) });
  const identity = child.pid === undefined ? undefined : await identify(child.pid);
  if (!identity) throw new Error(`${name} did not start; its log is ${join(folder, `${name}.log`)}`);
  started.push({ ...identity, stopSignal: recipe.stopSignal });
  await rememberProcesses(folder, started);
  child.unref();
  return recipe.ready();
}
