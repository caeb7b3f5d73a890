import { access, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../processes/command.ts';

/** A MySQL or MariaDB server program on this machine. */
export interface MysqlProgram {
  readonly product: 'MySQL' | 'MariaDB';
  readonly version: string;
  /** `mysqld` or `mariadbd`. */
  readonly file: string;
  readonly basedir: string;
  /** Flags that tell the program where its own files are, when it was not installed where it was built for. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Names of the server program, the one of MariaDB's own first: where MariaDB is installed, `mysqld` is it too. */
const PROGRAMS = ['mariadbd', 'mysqld'];

/** Where distributions put servers; the PATH of ordinary users often leaves these out. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec', '/usr/local/mysql/bin'];

/** The first server program on `path` or in the usual folders that runs, or undefined. */
export async function findMysqlProgram(path: string): Promise<MysqlProgram | undefined> {
  for (const folder of new Set([...path.split(':').filter(Boolean), ...SERVER_FOLDERS])) {
    for (const name of PROGRAMS) {
      const file = join(folder, name);
      if (!(await exists(file))) continue;
      const real = await realpath(file);
      const program = await describeProgram({ file: real, basedir: dirname(dirname(real)), flags: [], env: {} });
      if (program) return program;
    }
  }
  return undefined;
}

/** Runs the program once to learn what it is; undefined when it does not run. */
export async function describeProgram(
  program: Omit<MysqlProgram, 'product' | 'version'>,
): Promise<MysqlProgram | undefined> {
  let output: string;
  try {
    output = await run(
      { file: program.file, args: ['--no-defaults', '--version'], env: programEnvironment(program.env) },
      { timeoutMs: 15_000 },
    );
  } catch {
    return undefined;
  }
  const version = /Ver\s+(\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (version === undefined) return undefined;
  return { ...program, product: /mariadb/i.test(output) ? 'MariaDB' : 'MySQL', version };
}

/** What a server program sees of the environment: where programs are, no time zone, no locale, no secret. */
export function programEnvironment(extra: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C', TZ: 'UTC', ...extra };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
