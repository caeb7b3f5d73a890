import { chmod, copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { postgresBinaries } from '../../../../local/servers/postgres-binaries.ts';
import { unpackDebianPackages } from '../../tools/debian-packages.ts';
import { writeImageArchive } from './archive.ts';

/** Versions are those of what is in them; a repository of our own, so that nobody takes them for the official images. */
export const POSTGRESQL_IMAGE = { repository: 'docker.io/service-catalog-test/postgresql', tag: '18' };
export const MARIADB_IMAGE = { repository: 'docker.io/service-catalog-test/mariadb', tag: '10.11' };

const SUITE = 'bookworm';

const PACKAGES = [
  // A shell and what the entry points and mariadb-install-db call.
  ...['base-files', 'coreutils', 'dash', 'libc-bin', 'sed'],
  ...['libacl1', 'libattr1', 'libc6', 'libgmp10', 'libpcre2-8-0', 'libselinux1'],
  ...['mariadb-server-core', 'mariadb-client-core', 'mariadb-common'],
  ...['libaio1', 'libcap2', 'libcrypt1', 'libgcc-s1', 'libgcrypt20', 'libgpg-error0', 'liblz4-1', 'liblzma5'],
  ...[
    'libncurses6',
    'libnuma1',
    'libssl3',
    'libstdc++6',
    'libsystemd0',
    'libtinfo6',
    'liburing2',
    'libzstd1',
    'zlib1g',
  ],
  ...['libedit2', 'libbsd0', 'libmd0'],
];

/**
 * Writes images of PostgreSQL and MariaDB to `file`: the PostgreSQL of our dependencies and the MariaDB of Debian, with
 * entry points that understand what the official images do. Where a registry can be reached, those are what one takes.
 */
export async function writeDatabaseImages(folder: string, file: string, signal?: AbortSignal): Promise<void> {
  await unpackDebianPackages({ suite: SUITE, packages: PACKAGES, into: folder, signal });
  const { postgres } = await postgresBinaries();
  await cp(dirname(dirname(postgres)), join(folder, 'opt', 'postgresql'), { recursive: true, verbatimSymlinks: true });
  for (const name of ['postgresql.sh', 'mariadb.sh']) {
    await mkdir(join(folder, 'usr/local/bin'), { recursive: true });
    await copyFile(join(import.meta.dirname, name), join(folder, 'usr/local/bin', name));
    await chmod(join(folder, 'usr/local/bin', name), 0o755);
  }
  // initdb asks who it is.
  await writeFile(join(folder, 'etc', 'passwd'), 'root:x:0:0::/:/bin/sh\ndatabase:x:999:999::/tmp:/bin/sh\n');
  await writeFile(join(folder, 'etc', 'group'), 'root:x:0:\ndatabase:x:999:\n');
  const image = ({ repository, tag }: typeof POSTGRESQL_IMAGE, entryPoint: string) => ({
    reference: `${repository}:${tag}`,
    entrypoint: [`/usr/local/bin/${entryPoint}`],
    user: '999:999',
  });
  const images = [
    // On SIGTERM it would wait for its clients to leave.
    { ...image(POSTGRESQL_IMAGE, 'postgresql.sh'), stopSignal: 'SIGINT' as const },
    image(MARIADB_IMAGE, 'mariadb.sh'),
  ];
  await writeImageArchive(folder, images, file, signal);
}
