import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { toError } from '../../lib/runtime/errors.ts';
import { cacheFolder } from '../../local/cache-folder.ts';
import { run } from '../../local/processes/command.ts';
import { unpackOnce } from '../../local/servers/unpack.ts';

/** Debian's release whose kubectl (1.32, a static program) runs on any Linux the tests know. */
const SUITE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

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
 * Makes sure that `kubectl` is on the PATH of this process and of those it starts: the machine's own, or one from
 * Debian's packages in the cache folder, fetched without root. Throws when there is none and none can be fetched.
 */
async function ensureKubectl(): Promise<void> {
  if (await runs('kubectl')) return;
  const folder = join(cacheFolder(process.env, homedir()), `kubectl-${SUITE}-${process.arch}`);
  await unpackOnce({
    folder,
    what: 'kubectl',
    fill: fetchInto,
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

/** Downloads with an apt of its own: one source, one package, nothing known to be installed, signatures checked. */
async function fetchInto(folder: string): Promise<void> {
  console.error(
    'There is no kubectl on the PATH: fetching one (15 MB) from the packages of Debian, into the cache folder',
  );
  const work = join(folder, 'apt');
  for (const name of ['lists/partial', 'cache/archives/partial']) await mkdir(join(work, name), { recursive: true });
  await writeFile(join(work, 'status'), '');
  await writeFile(join(work, 'sources.list'), `deb [signed-by=${KEYRING}] ${await mirror()} ${SUITE} main\n`);
  const options = {
    'Dir::Etc::SourceList': join(work, 'sources.list'),
    'Dir::Etc::SourceParts': '-',
    'Dir::State::Lists': join(work, 'lists'),
    'Dir::State::status': join(work, 'status'),
    'Dir::Cache': join(work, 'cache'),
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'APT::Sandbox::User': 'root',
    'Debug::NoLocking': 'true',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await run({ file: 'apt-get', args: [...flags, 'update'] }, { timeoutMs: 300_000 });
  await run({ file: 'apt-get', args: [...flags, 'download', 'kubectl'], cwd: work }, { timeoutMs: 300_000 });
  const [file] = (await readdir(work)).filter((name) => name.endsWith('.deb'));
  if (file === undefined) throw new Error('apt-get left no package');
  await run({ file: 'dpkg-deb', args: ['-x', join(work, file), folder] });
  await rm(work, { recursive: true });
}

/** The mirror this machine takes Debian from. */
async function mirror(): Promise<string> {
  const targets = await run({ file: 'apt-get', args: ['indextargets', '--format', '$(REPO_URI)'] });
  const [uri] = targets.split('\n').filter((line) => /\/debian\/?$/.test(line));
  if (uri === undefined) throw new Error('this machine has no source of Debian packages');
  return uri;
}
