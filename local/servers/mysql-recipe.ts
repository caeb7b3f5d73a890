import { readFile } from 'node:fs/promises';
import { createConnection } from 'mysql2/promise';
import type { RowDataPacket } from 'mysql2/promise';
import { waitUntil } from '../processes/wait-until.ts';
import { commonFlags, ensureMysqlData, MYSQL_ADMIN } from './mysql-data.ts';
import { programEnvironment } from './mysql-program.ts';
import type { MysqlProgram } from './mysql-program.ts';
import { serverPrivileges } from './privileges.ts';
import type { RecipeOptions, ServerAddress, ServerRecipe } from './server.ts';

const SETTINGS = [
  // No socket file: its path may be at most 107 characters long, and nobody uses it.
  '--socket=',
  '--skip-name-resolve',
  '--skip-log-bin',
  '--character-set-server=utf8mb4',
  '--default-time-zone=+00:00',
  '--local-infile=0',
  '--max-connections=300',
  '--innodb-buffer-pool-size=64M',
  '--performance-schema=OFF',
];

const FAST = ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-flush-method=nosync'];

/** Makes the data folder of this program when it is absent and returns how to start the server on 127.0.0.1. */
export async function mysqlRecipe(program: MysqlProgram, options: RecipeOptions): Promise<ServerRecipe> {
  const privileges = await serverPrivileges(program.file);
  await ensureMysqlData(program, options.dataDir, options.passwordFile, privileges, options.signal);
  await privileges.own(options.dataDir);
  const fast = options.fast ? FAST.filter((flag) => program.product === 'MariaDB' || !flag.includes('nosync')) : [];
  const own = program.product === 'MySQL' ? mysqlOnly(program.version) : [];
  return {
    command: privileges.wrap({
      file: program.file,
      args: [
        ...commonFlags(program, options.dataDir),
        ...SETTINGS,
        ...own,
        ...fast,
        `--bind-address=${['127.0.0.1', ...(options.listen ?? [])].join(',')}`,
        `--port=${options.port}`,
        `--pid-file=${options.dataDir}/server.pid`,
      ],
      env: programEnvironment(program.env),
    }),
    stopSignal: 'SIGTERM',
    ready: async (signal) => {
      const password = (await readFile(options.passwordFile, 'utf8')).trim();
      const login = { host: '127.0.0.1', port: options.port, username: MYSQL_ADMIN, password };
      return waitForMysql(login, 60_000, signal);
    },
  };
}

function mysqlOnly(version: string): string[] {
  const flags = ['--secure-file-priv=NULL', '--explicit-defaults-for-timestamp'];
  // The X protocol, a second port, came with 8.0.
  return version.startsWith('5.') ? flags : [...flags, '--mysqlx=OFF'];
}

/** Asks until the server answers, and what it is. Throws when it does not in `timeoutMs`. */
export async function waitForMysql(
  login: Pick<ServerAddress, 'host' | 'port' | 'username' | 'password'>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<ServerAddress> {
  const identity = await waitUntil(() => askIdentity(login), {
    what: `the MySQL server on ${login.host}:${login.port}`,
    timeoutMs,
    ...(signal ? { signal } : {}),
  });
  return { ...login, ...identity };
}

async function askIdentity(
  login: Pick<ServerAddress, 'host' | 'port' | 'username' | 'password'>,
): Promise<{ product: string; version: string }> {
  const connection = await createConnection({
    host: login.host,
    port: login.port,
    user: login.username,
    password: login.password,
    connectTimeout: 5_000,
  });
  // A connection that breaks later must not end the process.
  connection.on('error', () => undefined);
  try {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
    const version = String(rows[0]?.['version']);
    return { product: /mariadb/i.test(version) ? 'MariaDB' : 'MySQL', version: version.split('-')[0] ?? version };
  } finally {
    await connection.end().catch(() => {
      connection.destroy();
    });
  }
}
