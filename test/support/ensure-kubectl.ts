import { delimiter, join } from 'node:path';
import { toError } from '../../lib/runtime/errors.ts';
import { run } from '../../local/processes/command.ts';
import { unpackOnce } from '../../local/servers/unpack.ts';
import { unpackDebianPackages } from './tools/debian-packages.ts';
import { toolsFolder } from './tools/tools-folder.ts';

/** Debian's release whose kubectl (1.32, a static program) runs on any Linux the tests know. */
const SUITE = 'trixie';

/**
 * For the set-up of a test run: a `kubectl` on the PATH, or the reason why there is none in `SC_NO_KUBECTL`, which the
 * tests that need it take as their reason not to run.
 */
export async function provideKubectl(): Promise<void> {
  try {
    await ensureKubectl();
  } catch (thrown) {
    const why = `there is no kubectl and none can be fetched (${toError(thrown).message})`;
    process.env['SC_NO_KUBECTL'] = why;
    console.error(`\nNOT RUN: every test that needs kubectl: ${why}\n`);
  }
}

/**
 * {@link provideKubectl} for what is nothing without kubectl: throws on Linux, where the packages of Debian have one that
 * runs. Elsewhere the tests say that they are NOT RUN.
 */
export async function requireKubectl(platform: NodeJS.Platform = process.platform): Promise<void> {
  await provideKubectl();
  const why = process.env['SC_NO_KUBECTL'];
  if (why !== undefined && platform === 'linux') throw new Error(why);
}

/**
 * Makes sure that `kubectl` is on the PATH of this process and of those it starts: the machine's own, or one from
 * Debian's packages in the cache folder, fetched without root. Throws when there is none and none can be fetched.
 */
async function ensureKubectl(): Promise<void> {
  if (await runs('kubectl')) return;
  const folder = join(toolsFolder(), `kubectl-${SUITE}-${process.arch}`);
  await unpackOnce({
    folder,
    what: 'kubectl',
    fill: async (into) => {
      console.error(
        'There is no kubectl on the PATH: fetching one (15 MB) from the packages of Debian, into the cache folder',
      );
      await unpackDebianPackages({ suite: SUITE, packages: ['kubectl'], into });
    },
    works: (unpacked) => runs(join(unpacked, 'usr', 'bin', 'kubectl')),
  });
  process.env['PATH'] = `${join(folder, 'usr', 'bin')}${delimiter}${process.env['PATH'] ?? ''}`;
}

async function runs(file: string): Promise<boolean> {
  return run({ file, args: ['version', '--client'] }, { timeoutMs: 20_000 }).then(
    () => true,
    () => false,
  );
}
