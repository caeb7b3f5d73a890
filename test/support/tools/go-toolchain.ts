import { join } from 'node:path';
import { toError } from '../../../lib/runtime/errors.ts';
import { run } from '../../../local/processes/command.ts';
import { unpackOnce } from '../../../local/servers/unpack.ts';
import { NotHereError } from '../not-here.ts';
import { unpackDebianPackages } from './debian-packages.ts';
import { toolsFolder } from './tools-folder.ts';

/** Debian's release and packages of the Go that is fetched where the machine has none. */
const DEBIAN = { suite: 'trixie', version: '1.24', packages: ['golang-1.24-go', 'golang-1.24-src'] };

/** A Go that can be run. */
export interface GoToolchain {
  /** The program `go`. */
  readonly file: string;
  /** `1.24.4` */
  readonly version: string;
  /** Variables it needs besides the process's own. */
  readonly env: Readonly<Record<string, string>>;
}

export interface GoToolchainOptions {
  /** The oldest version that will do: `1.24`. */
  readonly minimum: string;
  /** Told what takes long. */
  readonly say: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The Go on the PATH (or in /usr/local/go) when it is new enough, else Go 1.24 from Debian's packages, unpacked into
 * the cache folder without root (60 MB to fetch). Throws a {@link NotHereError} when there is neither.
 */
export async function goToolchain({ minimum, say, signal }: GoToolchainOptions): Promise<GoToolchain> {
  for (const file of ['go', '/usr/local/go/bin/go']) {
    const found = await toolchainOf(file, {});
    if (found !== undefined && isAtLeast(found.version, minimum)) return found;
  }
  if (!isAtLeast(DEBIAN.version, minimum)) {
    throw new NotHereError(
      `Go ${minimum} or later is needed on the PATH; the packages of Debian have ${DEBIAN.version}`,
    );
  }
  const folder = join(toolsFolder(), `go-${DEBIAN.version}-${process.arch}`);
  await unpackOnce({
    folder,
    what: 'Go',
    signal,
    fill: async (into) => {
      say(`fetching Go ${DEBIAN.version} (60 MB) from the packages of Debian, into the cache folder`);
      try {
        await unpackDebianPackages({ suite: DEBIAN.suite, packages: DEBIAN.packages, into, signal });
      } catch (thrown) {
        signal?.throwIfAborted();
        throw new NotHereError(`there is no Go, and Debian's cannot be fetched: ${toError(thrown).message}`);
      }
    },
    works: async (unpacked) => (await unpackedToolchain(unpacked)) !== undefined,
  });
  const unpacked = await unpackedToolchain(folder);
  if (unpacked === undefined) throw new Error(`the Go in ${folder} does not run`);
  return unpacked;
}

function unpackedToolchain(folder: string): Promise<GoToolchain | undefined> {
  const root = join(folder, 'usr', 'lib', `go-${DEBIAN.version}`);
  return toolchainOf(join(root, 'bin', 'go'), { GOROOT: root });
}

/** GOTOOLCHAIN=local: a module that wants a newer Go must say so, not download one. */
async function toolchainOf(file: string, extra: Readonly<Record<string, string>>): Promise<GoToolchain | undefined> {
  const env = { ...extra, GOTOOLCHAIN: 'local' };
  const text = await run({ file, args: ['version'], env: { ...process.env, ...env } }).catch(() => '');
  const version = /go version go(\d+\.\d+(\.\d+)?)/.exec(text)?.[1];
  return version === undefined ? undefined : { file, version, env };
}

/** Whether a version of Go is `minimum` or later. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [have, want] = [version, minimum].map((text) => text.split('.').map(Number));
  for (const [index, wanted] of (want ?? []).entries()) {
    const difference = (have?.[index] ?? 0) - wanted;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
