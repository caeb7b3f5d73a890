import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { unpackAptPackages } from '../../../local/servers/apt.ts';
import { libraryFolders } from '../../../local/servers/mariadb-packages.ts';
import { unpackOnce } from '../../../local/servers/unpack.ts';
import { toolsFolder } from './tools-folder.ts';

/** A buildah with a storage of its own: what it pulls, builds and keeps is in one folder and goes with it. */
export interface Buildah {
  /** Runs one of its commands and returns what it printed. */
  readonly run: (args: readonly string[], options?: { readonly timeoutMs?: number }) => Promise<string>;
}

/** Why images cannot be built here, or undefined when they can. */
export function whyNoBuildah(): string | undefined {
  if (process.platform !== 'linux') return 'images are built on Linux';
  // Without root, buildah wants a range of user ids, which only an administrator can give.
  if (process.getuid?.() !== 0) return 'building an image without a container engine needs root';
  return undefined;
}

/** Gives `work` a buildah and removes all it stored afterwards. Throws when it cannot be had, see {@link whyNoBuildah}. */
export async function withBuildah<T>(
  work: (buildah: Buildah) => Promise<T>,
  options: { readonly say: (message: string) => void; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  const program = await provideBuildah(options.say, options.signal);
  const folder = await mkdtemp(join(tmpdir(), 'service-catalog-buildah-'));
  try {
    const env = { ...process.env, ...(await writeSettings(folder)) };
    const flags = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run')];
    return await work({
      run: (args, { timeoutMs = 120_000 } = {}) =>
        run({ file: program, args: [...flags, ...args], env, cwd: folder }, { timeoutMs, signal: options.signal }),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Its settings usually come with an installed package; ours name no registry, so that nothing is ever pulled. */
async function writeSettings(folder: string): Promise<Record<string, string>> {
  const files = {
    'registries.conf': 'unqualified-search-registries = []\n',
    // vfs copies instead of mounting: slower, but it works inside of containers too.
    'storage.conf': `[storage]\ndriver = "vfs"\nrunroot = "${folder}/run"\ngraphroot = "${folder}/storage"\n`,
    'containers.conf': '[engine]\nevents_logger = "none"\n',
  };
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  // Of the policy on signatures only the place is known, below the home of the user; it also keeps the user's
  // log-ins to registries out of this.
  await mkdir(join(folder, '.config', 'containers'), { recursive: true });
  const policy = { default: [{ type: 'insecureAcceptAnything' }] };
  await writeFile(join(folder, '.config', 'containers', 'policy.json'), JSON.stringify(policy));
  return {
    HOME: folder,
    CONTAINERS_REGISTRIES_CONF: join(folder, 'registries.conf'),
    CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
    CONTAINERS_CONF: join(folder, 'containers.conf'),
    TMPDIR: temporary,
  };
}

/** The machine's own buildah, or the one of its distribution's packages, unpacked into the cache folder. */
async function provideBuildah(say: (message: string) => void, signal: AbortSignal | undefined): Promise<string> {
  if (await runs('buildah')) return 'buildah';
  const folder = join(toolsFolder(), `buildah-${process.arch}`);
  await unpackOnce({
    folder,
    what: 'buildah',
    signal,
    fill: async (into) => {
      say('fetching buildah (12 MB) from the packages of this distribution, into the cache folder');
      await unpackAptPackages({ packages: [['buildah'], ['patchelf']], into, say, signal });
      await findOwnLibraries(into, folder, signal);
    },
    works: (unpacked) => runs(programIn(unpacked)),
  });
  return programIn(folder);
}

const programIn = (folder: string): string => join(folder, 'usr', 'bin', 'buildah');

/**
 * Writes into the program where its unpacked libraries are: beside it, and in the folder it is going to be in. A
 * variable for the loader would not do: for every RUN, buildah starts itself again with an empty environment, and from
 * a copy in memory, which is beside nothing.
 */
async function findOwnLibraries(folder: string, later: string, signal: AbortSignal | undefined): Promise<void> {
  const libraries = (await libraryFolders(folder)).map((library) => relative(folder, library));
  const places = libraries.flatMap((library) => [`$ORIGIN/../../${library}`, join(later, library)]);
  await run(
    {
      file: join(folder, 'usr', 'bin', 'patchelf'),
      args: ['--force-rpath', '--set-rpath', places.join(':'), programIn(folder)],
    },
    { signal },
  );
}

async function runs(file: string): Promise<boolean> {
  return run({ file, args: ['--version'] }, { timeoutMs: 20_000 }).then(
    () => true,
    () => false,
  );
}
