import { access, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import pg from 'pg';
import { waitUntil } from '../processes/wait-until.ts';
import { makeDataFolder } from './new-data-folder.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { serverPrivileges } from './privileges.ts';
import type { Privileges } from './privileges.ts';
import type { RecipeOptions, ServerAddress, ServerRecipe } from './server.ts';

/** The superuser of every cluster made here. */
const ADMIN = 'postgres';

const SETTINGS: Readonly<Record<string, string>> = {
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
  max_connections: '200',
  shared_buffers: '32MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  // Statements may hold the passwords of logins; not even one that fails goes to the log.
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
};

/** For tests: what is lost in a crash does not matter, and servers that allow more are the harder ones to manage. */
const FAST: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_prepared_transactions: '10',
  wal_level: 'logical',
};

/**
 * A PostgreSQL cluster on 127.0.0.1 with the binaries of the dependencies: makes the data folder when it is absent
 * (UTF-8, C.UTF-8, passwords by SCRAM only) and returns how to start it.
 */
export async function postgresRecipe(options: RecipeOptions): Promise<ServerRecipe> {
  const { initdb, postgres } = await postgresBinaries();
  const privileges = await serverPrivileges(postgres);
  if (!(await isCluster(options.dataDir))) await createCluster(initdb, options, privileges);

  await privileges.own(options.dataDir);
  await forgetDeadPostmaster(options.dataDir);
  const settings = {
    ...SETTINGS,
    ...(options.fast ? FAST : {}),
    listen_addresses: ['127.0.0.1', ...(options.listen ?? [])].join(','),
    port: String(options.port),
    hba_file: await writeAccessRules(options.dataDir, privileges),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return {
    command: privileges.wrap({ file: postgres, args: ['-D', options.dataDir, ...flags] }),
    // "Fast" shutdown: ends sessions, writes a checkpoint.
    stopSignal: 'SIGINT',
    ready: (signal) => waitForPostgres(options, signal),
  };
}

/** Everybody comes with a password; the administrator only from this machine. */
async function writeAccessRules(dataDir: string, privileges: Privileges): Promise<string> {
  const file = `${dataDir}.pg_hba.conf`;
  const rules = [
    `host all ${ADMIN} 127.0.0.1/32 scram-sha-256`,
    `host all ${ADMIN} all reject`,
    'host all all all scram-sha-256',
  ];
  await rm(file, { force: true });
  await writeFile(file, `${rules.join('\n')}\n`, { mode: 0o600 });
  await privileges.own(file);
  return file;
}

/**
 * A server that was killed leaves `postmaster.pid`. If its number belongs to some other process by now, PostgreSQL takes
 * that one for itself and refuses to start for ever; so the file goes when its process is no server on this folder.
 */
async function forgetDeadPostmaster(dataDir: string): Promise<void> {
  const file = `${dataDir}/postmaster.pid`;
  const pid = (await readFile(file, 'utf8').catch(() => '')).split('\n')[0]?.trim();
  if (!pid || process.platform !== 'linux') return;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!commandLine.split('\0').includes(dataDir)) await rm(file, { force: true });
}

async function isCluster(dataDir: string): Promise<boolean> {
  return access(`${dataDir}/PG_VERSION`).then(
    () => true,
    () => false,
  );
}

async function createCluster(initdb: string, options: RecipeOptions, privileges: Privileges): Promise<void> {
  await makeDataFolder(options.dataDir, async (folder, runFiller) => {
    const passwordFile = `${folder}.password`;
    await privileges.own(folder);
    await copyFile(options.passwordFile, passwordFile);
    await privileges.own(passwordFile);
    const flags = ['--encoding=UTF8', '--locale=C.UTF-8', '--auth=scram-sha-256', `--username=${ADMIN}`];
    await runFiller(
      privileges.wrap({
        file: initdb,
        args: ['-D', folder, ...flags, `--pwfile=${passwordFile}`, ...(options.fast ? ['--no-sync'] : [])],
      }),
      { timeoutMs: 120_000, signal: options.signal },
    );
  });
}

async function waitForPostgres(options: RecipeOptions, signal?: AbortSignal): Promise<ServerAddress> {
  const password = (await readFile(options.passwordFile, 'utf8')).trim();
  const address = { host: '127.0.0.1', port: options.port, username: ADMIN, password, product: 'PostgreSQL' };
  const version = await waitUntil(() => askVersion(address), {
    what: `PostgreSQL on 127.0.0.1:${options.port}`,
    // Recovery after a crash replays what was written since the last checkpoint.
    timeoutMs: 60_000,
    ...(signal ? { signal } : {}),
  });
  return { ...address, version };
}

async function askVersion(address: {
  host: string;
  port: number;
  username: string;
  password: string;
}): Promise<string> {
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    user: address.username,
    password: address.password,
    database: 'postgres',
    connectionTimeoutMillis: 5_000,
  });
  // A connection that breaks later must not end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version.split(' ')[0] ?? 'unknown';
  } finally {
    await client.end().catch(() => undefined);
  }
}
