import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Limits, ServerConfig } from '../../broker/config/config.ts';
import type { StoreAddress } from '../../broker/store/database.ts';
import { cacheFolder } from '../../local/cache-folder.ts';
import type { Command } from '../../local/processes/command.ts';
import { freePort } from '../../local/processes/free-port.ts';
import { waitForHttp } from '../../local/processes/http-ready.ts';
import { identify } from '../../local/processes/identity.ts';
import { chooseMysql } from '../../local/servers/mysql.ts';
import { postgresRecipe } from '../../local/servers/postgres.ts';
import type { RecipeOptions, ServerAddress, ServerRecipe } from '../../local/servers/server.ts';
import { ensureStoreDatabase } from '../../local/store-database.ts';
import { createRunFolder, rememberProcesses, removeRunFolder } from '../../test/support/test-run-folder.ts';
import type { StartedProcess } from '../../test/support/test-run-folder.ts';
import type { BrokerAccess } from './through-broker.ts';

export interface TenantServer {
  /** `PostgreSQL 18.4`. */
  readonly product: string;
  readonly config: ServerConfig;
}

/** A broker in a process of its own, with its store and its servers, all as `npm start` has them. */
export interface World {
  readonly broker: BrokerAccess;
  readonly store: StoreAddress;
  readonly tenants: readonly TenantServer[];
  /** Why there is no MySQL server, when there is none. */
  readonly mysqlUnavailable: string | undefined;
  /** The processes that were started; others descend from them. */
  readonly pids: readonly number[];
  /** Stops everything and removes its data. */
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '../..');
const USERNAME = 'bench';
const READY_MS = 60_000;

/** Starts the world in a temporary folder, the broker with these limits. Data are written as durably as in production: nothing is told to hurry. */
export async function startWorld(signal: AbortSignal, limits: Partial<Limits> = {}): Promise<World> {
  const folder = await createRunFolder();
  const processes: StartedProcess[] = [];
  const start = (name: string, command: Command, stopSignal: NodeJS.Signals): Promise<void> =>
    startProcess(folder, processes, name, command, stopSignal);
  try {
    const startServer = async (name: string, recipe: ServerRecipe): Promise<ServerAddress> => {
      await start(name, recipe.command, recipe.stopSignal);
      return recipe.ready(signal);
    };
    const [storeServer, postgres, mysql] = await Promise.all([
      prepare(folder, 'store', signal).then(postgresRecipe),
      prepare(folder, 'postgres', signal).then(postgresRecipe),
      prepare(folder, 'mysql', signal).then(mysqlChoice),
    ]);
    const store = await createStore(await startServer('store', storeServer));
    const tenants = [tenant('postgresql', await startServer('postgres', postgres))];
    if (mysql.kind === 'server') tenants.push(tenant('mysql', await startServer('mysql', mysql.recipe)));
    if (mysql.kind === 'external') tenants.push(tenant('mysql', mysql.address));

    const broker = { url: `http://127.0.0.1:${await freePort()}`, username: USERNAME, password: newSecret() };
    const configFile = await writeConfig(folder, broker, store, tenants, limits);
    const main = join(ROOT, 'broker/main.ts');
    const args = ['--disable-warning=ExperimentalWarning', main, '--config', configFile];
    await start('broker', { file: process.execPath, args }, 'SIGTERM');
    await waitForHttp({ url: `${broker.url}/readyz`, what: 'the broker', timeoutMs: READY_MS, signal });
    return {
      broker,
      store,
      tenants,
      mysqlUnavailable: mysql.kind === 'unavailable' ? mysql.reason : undefined,
      pids: processes.map(({ pid }) => pid),
      stop: () => removeRunFolder(folder),
    };
  } catch (thrown) {
    await removeRunFolder(folder);
    throw thrown;
  }
}

const newSecret = (): string => randomBytes(16).toString('hex');

async function prepare(folder: string, name: string, signal: AbortSignal): Promise<RecipeOptions> {
  const passwordFile = await writeSecret(folder, name, newSecret());
  return { dataDir: join(folder, name), port: await freePort(), passwordFile, signal };
}

function mysqlChoice(options: RecipeOptions): ReturnType<typeof chooseMysql> {
  return chooseMysql({
    ...options,
    url: process.env['SERVICE_CATALOG_MYSQL_URL'],
    source: process.env['SERVICE_CATALOG_MYSQL'],
    cacheDir: cacheFolder(process.env, homedir()),
    path: process.env['PATH'] ?? '',
    say: (message) => {
      console.error(message);
    },
  });
}

async function createStore(server: ServerAddress): Promise<StoreAddress> {
  const password = newSecret();
  return { url: await ensureStoreDatabase(server, password), password };
}

function tenant(engine: ServerConfig['engine'], address: ServerAddress): TenantServer {
  const { host, port, username, password, product, version } = address;
  const config = { name: engine, engine, serves: [version], admin: { host, port, username, password } };
  return { product: `${product} ${version}`, config: { ...config, advertise: { host, port } } };
}

/** The configuration of the broker; the limits that are not given are those it has by default. Secrets are in files of their own. */
async function writeConfig(
  folder: string,
  broker: BrokerAccess,
  store: StoreAddress,
  tenants: readonly TenantServer[],
  limits: Partial<Limits>,
): Promise<string> {
  const url = new URL(broker.url);
  const servers = tenants.map(async ({ config: { admin, ...server } }) => {
    const { password, ...address } = admin;
    return {
      ...server,
      admin: { ...address, passwordFile: await writeSecret(folder, `admin-${server.name}`, password) },
    };
  });
  const config = {
    listen: { host: url.hostname, port: Number(url.port) },
    auth: [{ username: broker.username, passwordFile: await writeSecret(folder, 'broker', broker.password) }],
    store: { url: store.url, passwordFile: await writeSecret(folder, 'broker-store', store.password) },
    encryption: {
      keys: [{ label: 'bench', keyFile: await writeSecret(folder, 'key', randomBytes(32).toString('base64')) }],
    },
    servers: await Promise.all(servers),
    limits,
  };
  const file = join(folder, 'broker.yaml');
  await writeFile(file, stringify(config), { mode: 0o600 });
  return file;
}

async function writeSecret(folder: string, name: string, value: string): Promise<string> {
  const file = join(folder, `${name}.secret`);
  await writeFile(file, value, { mode: 0o600 });
  return file;
}

async function startProcess(
  folder: string,
  processes: StartedProcess[],
  name: string,
  command: Command,
  stopSignal: NodeJS.Signals,
): Promise<void> {
  const logFile = join(folder, `${name}.log`);
  const log = openSync(logFile, 'a', 0o600);
  const { file, args, env } = command;
  const child = spawn(file, [...args], { stdio: ['ignore', log, log], ...(env ? { env } : {}) });
  child.on('error', () => undefined);
  const identity = child.pid === undefined ? undefined : await identify(child.pid);
  if (identity === undefined) throw new Error(`${name} did not start`);
  processes.push({ ...identity, stopSignal });
  await rememberProcesses(folder, processes);
  child.unref();
}
