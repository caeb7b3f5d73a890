import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../processes/command.ts';

export interface AptPackages {
  /** Wanted packages. Each entry lists a package's names in order of preference: names differ by release. */
  readonly packages: readonly (readonly string[])[];
  /** A folder that exists: `usr/bin/…` is below it afterwards. */
  readonly into: string;
  readonly say: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unpacks packages of this Debian or Ubuntu with everything they need and this machine has not, without root and
 * without installing anything: apt works on a cache of its own, with the machine's sources and keys, so that
 * signatures are checked as ever. Throws when a package cannot be had.
 */
export async function unpackAptPackages({ packages, into, say, signal }: AptPackages): Promise<void> {
  const workDir = join(into, 'apt');
  await mkdir(workDir);
  const files = await download({ packages, workDir, say, signal });
  for (const file of files) await run({ file: 'dpkg-deb', args: ['-x', file, into] }, { signal });
  await rm(workDir, { recursive: true });
}

interface Download extends Omit<AptPackages, 'into'> {
  /** A folder for apt's files; the packages are in it afterwards. */
  readonly workDir: string;
}

/** The paths of the `.deb` files. */
async function download(request: Download): Promise<string[]> {
  const archives = join(request.workDir, 'cache', 'archives');
  const lists = join(request.workDir, 'lists');
  await mkdir(join(archives, 'partial'), { recursive: true });
  await mkdir(join(lists, 'partial'), { recursive: true });
  const own = ['-o', `Dir::Cache=${join(request.workDir, 'cache')}`, ...OPTIONS];
  try {
    // First with the machine's package lists; they may be missing, or so old that the files are gone from the mirror.
    await downloadWith(own, request);
  } catch {
    request.signal?.throwIfAborted();
    request.say('reading the package lists of this distribution');
    const withLists = [...own, '-o', `Dir::State::Lists=${lists}`];
    // One source that does not answer must not stop the others; what is missing then shows below.
    await apt('apt-get', [...withLists, 'update'], 300_000, request.signal).catch(() => undefined);
    request.signal?.throwIfAborted();
    await downloadWith(withLists, request);
  }
  const files = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
  return files.map((name) => join(archives, name));
}

const OPTIONS = [
  // Only our own folder is written to: the machine's lock, which belongs to root, is not needed.
  '-o',
  'Debug::NoLocking=true',
  // As root, apt would download as _apt, who may not enter our folder.
  '-o',
  'APT::Sandbox::User=root',
  '-o',
  'Acquire::Languages=none',
  '-o',
  'Acquire::Retries=2',
  '-o',
  'Acquire::http::Timeout=30',
  '-o',
  'APT::Get::List-Cleanup=false',
];

async function downloadWith(options: readonly string[], { packages, signal }: Download): Promise<void> {
  const names: string[] = [];
  for (const candidates of packages) {
    const policy = await apt('apt-cache', [...options, 'policy', ...candidates], 60_000, signal);
    const name = candidates.find((candidate) => hasCandidate(policy, candidate));
    if (name === undefined) throw new Error(`no package ${candidates.join(' or ')} in the package lists`);
    names.push(name);
  }
  const install = ['install', '--yes', '--download-only', '--no-install-recommends', ...names];
  await apt('apt-get', [...options, ...install], 600_000, signal);
}

/** Runs a program of apt with messages in English, which end up in ours. */
function apt(
  program: string,
  args: readonly string[],
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  return run(
    { file: 'env', args: ['LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive', program, ...args] },
    { timeoutMs, signal },
  );
}

/** Whether `apt-cache policy` knows a version of the package to install; names that are only mentioned have none. */
export function hasCandidate(policy: string, name: string): boolean {
  const lines = policy.split('\n');
  const start = lines.indexOf(`${name}:`);
  if (start < 0) return false;
  const candidate = lines.slice(start + 1, start + 3).find((line) => line.trim().startsWith('Candidate:'));
  return candidate !== undefined && !candidate.includes('(none)');
}
