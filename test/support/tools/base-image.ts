import { chmod, copyFile, lstat, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { unpackOnce } from '../../../local/servers/unpack.ts';
import type { Buildah } from './buildah.ts';
import { unpackDebianPackages } from './debian-packages.ts';
import { toolsFolder } from './tools-folder.ts';

/** Debian 12 is what the tag `bookworm-slim` of the base image says. */
const SUITE = 'bookworm';

/** What the RUN lines of the Dockerfile need, with the libraries of it. */
const PACKAGES = [
  ...['base-files', 'bash', 'coreutils', 'dash', 'findutils', 'grep', 'libc-bin', 'sed'],
  ...[
    'libacl1',
    'libattr1',
    'libc6',
    'libgcc-s1',
    'libgmp10',
    'libpcre2-8-0',
    'libselinux1',
    'libstdc++6',
    'libtinfo6',
  ],
];

const NPM = 'npm@11.21.2';

/**
 * Puts a stand-in for the image of the Dockerfile's FROM line into buildah's storage, under that very name, so that the
 * Dockerfile is built as it is where no registry of images can be reached: the same release of Debian, the same Node
 * (that of our dependencies) and an npm, at the same places. It does not have what the real one has besides.
 */
export async function importBaseImage(
  buildah: Buildah,
  reference: string,
  options: { readonly say: (message: string) => void; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const folder = join(toolsFolder(), `base-image-${SUITE}-${process.arch}`);
  await unpackOnce({
    folder,
    what: 'a base system for images',
    signal: options.signal,
    fill: async (into) => {
      options.say(
        'fetching a base system for images (25 MB) from the packages of Debian and npm, into the cache folder',
      );
      await fill(join(into, 'root'), options.signal);
    },
    works: async (made) => isFile(join(made, 'root', 'usr', 'local', 'bin', 'npm')),
  });
  const container = (await buildah.run(['from', '--pull-never', 'scratch'])).trim();
  await buildah.run(['copy', '--quiet', container, join(folder, 'root'), '/']);
  await buildah.run([
    'config',
    '--env',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    container,
  ]);
  await buildah.run(['commit', '--quiet', '--rm', container, reference]);
}

async function fill(root: string, signal: AbortSignal | undefined): Promise<void> {
  await mkdir(root, { mode: 0o755 });
  await unpackDebianPackages({ suite: SUITE, packages: PACKAGES, into: root, signal });
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) await mergeIntoUsr(root, name);
  await writeFile(join(root, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n');
  await writeFile(join(root, 'etc', 'group'), 'root:x:0:\nnogroup:x:65534:\n');
  await addNode(join(root, 'usr', 'local'), signal);
}

/** A base system has /bin and the like as links into /usr; packages of this release still bring the folders. */
async function mergeIntoUsr(root: string, name: string): Promise<void> {
  const from = join(root, name);
  const into = join(root, 'usr', name);
  await mkdir(into, { recursive: true });
  if (await isFolder(from)) {
    await moveInto(from, into);
    await rm(from, { recursive: true });
  }
  await symlink(join('usr', name), from);
}

async function moveInto(from: string, into: string): Promise<void> {
  for (const name of await readdir(from)) {
    const [source, target] = [join(from, name), join(into, name)];
    if ((await isFolder(source)) && (await isFolder(target))) await moveInto(source, target);
    else await rename(source, target);
  }
}

/** Node as the dependencies of this checkout bring it, and npm as npm itself installs it. */
async function addNode(prefix: string, signal: AbortSignal | undefined): Promise<void> {
  const home = dirname(createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`));
  await mkdir(join(prefix, 'bin'), { recursive: true });
  await copyFile(join(home, 'bin', 'node'), join(prefix, 'bin', 'node'));
  await chmod(join(prefix, 'bin', 'node'), 0o755);
  // Away from the checkout, whose npm settings are about its own packages.
  const elsewhere = await mkdtemp(join(tmpdir(), 'service-catalog-npm-'));
  try {
    await run(
      {
        file: 'npm',
        args: ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', '--ignore-scripts', NPM],
        cwd: elsewhere,
      },
      { timeoutMs: 300_000, signal },
    );
  } finally {
    await rm(elsewhere, { recursive: true, force: true });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
