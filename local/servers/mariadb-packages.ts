import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackAptPackages } from './apt.ts';
import { describeProgram } from './mysql-program.ts';
import type { MysqlProgram } from './mysql-program.ts';
import { unpackOnce } from './unpack.ts';

const PACKAGES = ['mariadb-server-core', 'mariadb-client-core'].map((name) => [
  name,
  // Ubuntu 22.04 and older have the version in the name.
  ...['11.8', '11.4', '10.11', '10.6', '10.5', '10.3'].map((version) => `${name}-${version}`),
]);

/** For everything that is fetched once and kept. */
export interface DownloadOptions {
  readonly cacheDir: string;
  /** Told what takes long. */
  readonly say: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * MariaDB from the packages of this Debian or Ubuntu, unpacked into a folder of the user's cache: nothing is
 * installed and no root is needed. Throws when the distribution has no such packages or they cannot be fetched.
 */
export async function mariadbFromPackages({ cacheDir, say, signal }: DownloadOptions): Promise<MysqlProgram> {
  const distribution = await distributionName();
  const folder = join(cacheDir, `mariadb-${distribution}-${process.arch}`);
  await unpackOnce({
    folder,
    what: 'MariaDB',
    signal,
    fill: (into) => {
      say('fetching MariaDB (8 MB) from the packages of this distribution, into the cache folder');
      return unpackAptPackages({ packages: PACKAGES, into, say, signal });
    },
    works: async (unpacked) => (await describeUnpacked(unpacked)) !== undefined,
  });
  const program = await describeUnpacked(folder);
  if (!program) throw new Error(`MariaDB in ${folder} does not run`);
  return program;
}

async function describeUnpacked(root: string): Promise<MysqlProgram | undefined> {
  const usr = join(root, 'usr');
  const share = join(usr, 'share', 'mysql');
  return describeProgram({
    file: join(usr, 'sbin', 'mariadbd'),
    basedir: usr,
    flags: [
      `--lc-messages-dir=${share}`,
      `--character-sets-dir=${join(share, 'charsets')}`,
      `--plugin-dir=${join(usr, 'lib', 'mysql', 'plugin')}`,
    ],
    env: { LD_LIBRARY_PATH: (await libraryFolders(root)).join(':') },
  });
}

/** `usr/lib/x86_64-linux-gnu` and the like; older releases also have some below `lib`. */
export async function libraryFolders(root: string): Promise<string[]> {
  const folders: string[] = [];
  for (const parent of [join(root, 'usr', 'lib'), join(root, 'lib')]) {
    const names = await readdir(parent).catch(() => []);
    folders.push(...names.filter((name) => name.includes('-linux-gnu')).map((name) => join(parent, name)));
  }
  return folders;
}

/** `debian-12`, `ubuntu-24.04`. Throws where there are no Debian packages. */
async function distributionName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  const family = `${field('ID')} ${field('ID_LIKE')}`.split(' ');
  if (!family.includes('debian') && !family.includes('ubuntu')) {
    throw new Error('unpacking MariaDB without root works on Debian and Ubuntu');
  }
  return `${field('ID')}-${field('VERSION_ID') || field('VERSION_CODENAME') || 'unknown'}`;
}
