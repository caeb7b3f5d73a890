import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { programEnvironment } from './mysql-program.ts';
import type { MysqlProgram } from './mysql-program.ts';
import { makeDataFolder } from './new-data-folder.ts';
import type { RunFiller } from './new-data-folder.ts';
import type { Privileges } from './privileges.ts';

/** The administrator of every data folder made here; answers on 127.0.0.1 only. */
export const MYSQL_ADMIN = 'root';

/** Small files: a laptop holds a few megabytes of data, not the default's hundred. */
const SIZES = ['--innodb-log-file-size=16M'];

/** What the two ways of filling a data folder need. */
interface NewData {
  readonly program: MysqlProgram;
  readonly folder: string;
  readonly password: string;
  readonly privileges: Privileges;
  readonly signal: AbortSignal | undefined;
  readonly runFiller: RunFiller;
}

/** Makes the data folder when it is absent. */
export async function ensureMysqlData(
  program: MysqlProgram,
  dataDir: string,
  passwordFile: string,
  privileges: Privileges,
  signal?: AbortSignal,
): Promise<void> {
  if (await isDataFolder(dataDir)) return;
  const password = readPassword(await readFile(passwordFile, 'utf8'));
  const create = program.product === 'MariaDB' ? createMariadb : createMysql;
  await makeDataFolder(dataDir, async (folder, runFiller) => {
    await privileges.own(folder);
    await create({ program, folder, password, privileges, signal, runFiller });
  });
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

async function createMariadb(data: NewData): Promise<void> {
  const { program, folder, password, privileges, signal, runFiller } = data;
  const env = programEnvironment(program.env);
  const script = await installScript(program);
  const scriptFlags = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'];
  const directories = ['--no-defaults', `--basedir=${program.basedir}`, `--datadir=${folder}`];
  await runFiller(privileges.wrap({ file: script, args: [...directories, ...scriptFlags, ...SIZES], env }), {
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
  await runFiller(
    privileges.wrap({ file: program.file, args: [...commonFlags(program, folder), '--bootstrap'], env }),
    {
      timeoutMs: 60_000,
      signal,
      input: `${statements.join('\n')}\n`,
    },
  );
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

async function createMysql(data: NewData): Promise<void> {
  const { program, folder, password, privileges, signal, runFiller } = data;
  const initFile = `${folder}.sql`;
  const statements = [
    `ALTER USER '${MYSQL_ADMIN}'@'localhost' IDENTIFIED BY '${password}';`,
    `RENAME USER '${MYSQL_ADMIN}'@'localhost' TO '${MYSQL_ADMIN}'@'127.0.0.1';`,
  ];
  await writeFile(initFile, `${statements.join('\n')}\n`, { mode: 0o600 });
  await privileges.own(initFile);
  const flags = [...commonFlags(program, folder), '--initialize-insecure', `--init-file=${initFile}`];
  await runFiller(privileges.wrap({ file: program.file, args: flags, env: programEnvironment(program.env) }), {
    timeoutMs: 120_000,
    signal,
  });
}
