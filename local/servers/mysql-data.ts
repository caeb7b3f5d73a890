import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../processes/command.ts';
import { programEnvironment } from './mysql-program.ts';
import type { MysqlProgram } from './mysql-program.ts';
import type { Privileges } from './privileges.ts';

/** The administrator of every data folder made here; answers on 127.0.0.1 only. */
export const MYSQL_ADMIN = 'root';

/** Small files: a laptop holds a few megabytes of data, not the default's hundred. */
const SIZES = ['--innodb-log-file-size=16M'];

/**
 * Makes the data folder when it is absent. It is built next to its place and renamed at the end: what is at the place
 * is whole, whenever this is killed.
 */
export async function ensureMysqlData(
  program: MysqlProgram,
  dataDir: string,
  passwordFile: string,
  privileges: Privileges,
  signal?: AbortSignal,
): Promise<void> {
  if (await isDataFolder(dataDir)) return;
  const unfinished = `${dataDir}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(dirname(dataDir), { recursive: true, mode: 0o700 });
  const password = readPassword(await readFile(passwordFile, 'utf8'));
  const create = program.product === 'MariaDB' ? createMariadb : createMysql;
  await create(program, unfinished, password, privileges, signal);
  await rename(unfinished, dataDir);
}

async function isDataFolder(dataDir: string): Promise<boolean> {
  return access(join(dataDir, 'mysql')).then(
    () => true,
    () => false,
  );
}

/** Quoting is not needed for what this project generates, and nothing else is taken. */
function readPassword(text: string): string {
  const password = text.trim();
  if (!/^[A-Za-z0-9]{1,128}$/.test(password)) throw new Error('an administrator password here is letters and digits');
  return password;
}

/** The flags every run of the program needs. */
export function commonFlags(program: MysqlProgram, dataDir: string): string[] {
  return ['--no-defaults', `--basedir=${program.basedir}`, ...program.flags, `--datadir=${dataDir}`, ...SIZES];
}

async function createMariadb(
  program: MysqlProgram,
  dataDir: string,
  password: string,
  privileges: Privileges,
  signal: AbortSignal | undefined,
): Promise<void> {
  await mkdir(dataDir, { mode: 0o700 });
  await privileges.own(dataDir);
  const env = programEnvironment(program.env);
  const script = await installScript(program);
  const scriptFlags = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'];
  const directories = ['--no-defaults', `--basedir=${program.basedir}`, `--datadir=${dataDir}`];
  await run(privileges.wrap({ file: script, args: [...directories, ...scriptFlags, ...SIZES], env }), {
    timeoutMs: 120_000,
    signal,
  });
  // The script leaves administrators without a password for several names of this machine. One statement a line:
  // that is what the bootstrap mode reads. It comes on standard input, so the password is in no argument and no file.
  const statements = [
    'FLUSH PRIVILEGES;',
    `DELETE FROM mysql.global_priv WHERE User IN ('', '${MYSQL_ADMIN}');`,
    'FLUSH PRIVILEGES;',
    `CREATE USER '${MYSQL_ADMIN}'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO '${MYSQL_ADMIN}'@'127.0.0.1' WITH GRANT OPTION;`,
  ];
  await run(privileges.wrap({ file: program.file, args: [...commonFlags(program, dataDir), '--bootstrap'], env }), {
    timeoutMs: 60_000,
    signal,
    input: `${statements.join('\n')}\n`,
  });
}

async function installScript(program: MysqlProgram): Promise<string> {
  for (const path of ['bin/mariadb-install-db', 'scripts/mariadb-install-db', 'bin/mysql_install_db']) {
    const script = join(program.basedir, path);
    const found = await access(script).then(
      () => true,
      () => false,
    );
    if (found) return script;
  }
  throw new Error(`MariaDB at ${program.basedir} has no mariadb-install-db program`);
}

async function createMysql(
  program: MysqlProgram,
  dataDir: string,
  password: string,
  privileges: Privileges,
  signal: AbortSignal | undefined,
): Promise<void> {
  await mkdir(dataDir, { mode: 0o700 });
  await privileges.own(dataDir);
  const initFile = `${dataDir}.sql`;
  const statements = [
    `ALTER USER '${MYSQL_ADMIN}'@'localhost' IDENTIFIED BY '${password}';`,
    `RENAME USER '${MYSQL_ADMIN}'@'localhost' TO '${MYSQL_ADMIN}'@'127.0.0.1';`,
  ];
  await writeFile(initFile, `${statements.join('\n')}\n`, { mode: 0o600 });
  try {
    await privileges.own(initFile);
    const flags = [...commonFlags(program, dataDir), '--initialize-insecure', `--init-file=${initFile}`];
    await run(privileges.wrap({ file: program.file, args: flags, env: programEnvironment(program.env) }), {
      timeoutMs: 120_000,
      signal,
    });
  } finally {
    await rm(initFile, { force: true });
  }
}
