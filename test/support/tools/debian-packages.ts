import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../local/processes/command.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Programs of a release of Debian other than this machine's: for what is static, or needs no more than libc. */
export interface DebianPackages {
  /** Debian's release, `trixie`. */
  readonly suite: string;
  readonly packages: readonly string[];
  /** Where they are unpacked: `usr/bin/…` below it. */
  readonly into: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads packages, without what they depend on, and unpacks them into a folder. Nothing is installed and no root is
 * needed: apt gets a state of its own with one source, the mirror this machine takes Debian from; signatures are
 * checked. Throws where there is no such mirror or a package cannot be had.
 */
export async function unpackDebianPackages(request: DebianPackages): Promise<void> {
  const { into, signal } = request;
  const work = join(into, 'apt');
  const flags = await privateApt(work, `deb [signed-by=${KEYRING}] ${await debianMirror()} ${request.suite} main`);
  await run({ file: 'apt-get', args: [...flags, 'update'] }, { timeoutMs: 300_000, signal });
  await run(
    { file: 'apt-get', args: [...flags, 'download', ...request.packages], cwd: work },
    { timeoutMs: 600_000, signal },
  );
  const files = (await readdir(work)).filter((name) => name.endsWith('.deb'));
  if (files.length !== request.packages.length) throw new Error('apt-get left fewer packages than it was asked for');
  for (const file of files) await run({ file: 'dpkg-deb', args: ['-x', join(work, file), into] }, { signal });
  await rm(work, { recursive: true });
}

/** A program's source as Debian's release has it. */
export interface DebianSource {
  /** Debian's release, `bookworm`. */
  readonly suite: string;
  /** The source package. */
  readonly name: string;
  /** An empty folder of the caller's. */
  readonly into: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a source package and returns the file of the upstream archive in it, without Debian's own changes. As with
 * packages, nothing is installed and signatures are checked.
 */
export async function downloadDebianSource({ suite, name, into, signal }: DebianSource): Promise<string> {
  const flags = await privateApt(into, `deb-src [signed-by=${KEYRING}] ${await debianMirror()} ${suite} main`);
  await run({ file: 'apt-get', args: [...flags, 'update'] }, { timeoutMs: 300_000, signal });
  await run(
    { file: 'apt-get', args: [...flags, 'source', '--download-only', name], cwd: into },
    { timeoutMs: 600_000, signal },
  );
  const archive = (await readdir(into)).find((file) => file.startsWith(`${name}_`) && /\.orig\.tar\.\w+$/.test(file));
  if (archive === undefined) throw new Error(`the source package ${name} of Debian ${suite} has no upstream archive`);
  return join(into, archive);
}

/** Makes an apt state with this one source in `folder` and returns the flags with which apt-get uses it. */
export async function privateApt(folder: string, source: string): Promise<string[]> {
  for (const name of ['lists/partial', 'cache/archives/partial']) await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'status'), '');
  await writeFile(join(folder, 'sources.list'), `${source}\n`);
  const options = {
    'Dir::Etc::SourceList': join(folder, 'sources.list'),
    'Dir::Etc::SourceParts': '-',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '30',
    'APT::Sandbox::User': 'root',
    'Debug::NoLocking': 'true',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** The mirror this machine takes Debian from. Throws where it takes none. */
export async function debianMirror(): Promise<string> {
  const targets = await run({ file: 'apt-get', args: ['indextargets', '--format', '$(REPO_URI)'] });
  const [uri] = targets.split('\n').filter((line) => /\/debian\/?$/.test(line));
  if (uri === undefined) throw new Error('this machine has no source of Debian packages');
  return uri;
}
