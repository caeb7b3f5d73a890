import { createHash } from 'node:crypto';
import { access, cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, run } from '../../../local/processes/command.ts';
import { isUnpacked, unpackOnce } from '../../../local/servers/unpack.ts';
import { isUnreachable, NotHereError } from '../not-here.ts';
import { goToolchain } from './go-toolchain.ts';
import type { GoToolchain } from './go-toolchain.ts';
import { toolsFolder } from './tools-folder.ts';

/** One program of a module. */
export interface GoProgram {
  /** Its file name, as `go build` would call it: the last part of the package, or what is before a last `/v3`. */
  readonly name: string;
  /** Its main package: `helm.sh/helm/v3/cmd/helm`, or `./coredns` for one of our own. */
  readonly package: string;
  /** Arguments with which it prints its version and ends with 0: what shows that it runs here. */
  readonly versionArgs: readonly string[];
}

/** Programs that are built from published Go modules, whose versions and checksums are pinned in this tree. */
export interface GoBuild {
  /** What it is, for messages and the folder in the cache: `helm-3.18.6`. */
  readonly name: string;
  /**
   * A folder with `go.mod`, `go.sum` and either a `tools.go` (build tag `tools`, blank imports of the main packages of
   * others) or main packages of our own in folders below it. The checksums come from go.sum, so no checksum database
   * is asked.
   */
  readonly moduleFolder: string;
  /** All that are wanted of the module: those built together share their packages. */
  readonly programs: readonly GoProgram[];
  readonly ldflags?: string;
  /** The oldest Go that will do: `1.24`. */
  readonly minimumGo: string;
  /** Said before the build, with what is built: `takes two minutes on two cores`. */
  readonly takes: string;
  readonly signal?: AbortSignal | undefined;
  /** Told what takes long; standard error when absent. */
  readonly say?: (message: string) => void;
}

/** A build that takes longer hangs. */
const BUILD_TIMEOUT_MS = 45 * 60_000;

/**
 * Returns the folder that holds the programs, built on the first call and kept in the cache folder, under a name that
 * changes with go.mod, go.sum, programs and flags. Safe when several processes ask at once: one builds.
 *
 * Everything Go makes on the way (compile cache, module cache unless the user has one) is in the build's folder and
 * removed with it; 2 GB while Kubernetes is built. Static programs (CGO_ENABLED=0). Throws, with the compiler's last
 * lines, when the build fails or a program does not run; a {@link NotHereError} when there is no Go and none to be had,
 * or no way to the modules.
 */
export async function buildGo(build: GoBuild): Promise<string> {
  const say = build.say ?? console.error;
  const folder = await folderOf(build);
  await unpackOnce({
    folder,
    what: build.name,
    waitMs: BUILD_TIMEOUT_MS,
    signal: build.signal,
    fill: async (into) => {
      const go = await goToolchain({ minimum: build.minimumGo, say, signal: build.signal });
      say(
        `building ${build.name} from its published Go modules with Go ${go.version}; this is done once, ${build.takes}`,
      );
      await compile(build, go, into);
    },
    works: (built) => allRun(build.programs, built),
  });
  return folder;
}

/** The folder of {@link buildGo} when it is there already. */
export async function findGoBuild(build: GoBuild): Promise<string | undefined> {
  const folder = await folderOf(build);
  return (await isUnpacked(folder)) ? folder : undefined;
}

async function folderOf(build: GoBuild): Promise<string> {
  return join(toolsFolder(), 'go-programs', `${build.name}-${process.arch}-${await fingerprint(build)}`);
}

async function compile(build: GoBuild, go: GoToolchain, into: string): Promise<void> {
  const work = join(into, 'work');
  const module = join(work, 'module');
  await cp(build.moduleFolder, module, { recursive: true });
  const env = { ...process.env, ...go.env, ...(await buildEnvironment(go, work)) };
  const args = ['build', '-trimpath', '-buildvcs=false', '-modcacherw', '-mod=readonly', `-ldflags=${ldflags(build)}`];
  const packages = build.programs.map((program) => program.package);
  await run(
    { file: go.file, args: [...args, '-o', `${into}/`, ...packages], cwd: module, env },
    { timeoutMs: BUILD_TIMEOUT_MS, signal: build.signal },
  ).catch((thrown: unknown) => {
    if (!(thrown instanceof CommandError) || !isUnreachable(thrown.message)) throw thrown;
    throw new NotHereError(`Go modules cannot be fetched from here: ${thrown.message}`);
  });
  await rm(work, { recursive: true, force: true });
}

/** GOFLAGS and workspaces of the user are about other modules. */
async function buildEnvironment(go: GoToolchain, work: string): Promise<Record<string, string>> {
  const temporary = join(work, 'tmp');
  await mkdir(temporary);
  return {
    CGO_ENABLED: '0',
    GOFLAGS: '',
    GOWORK: 'off',
    GOCACHE: join(work, 'compile-cache'),
    GOTMPDIR: temporary,
    ...(await moduleCache(go, work)),
  };
}

/** The module cache the user has, so that nothing is fetched twice; none is made in the home of who has none. */
async function moduleCache(go: GoToolchain, work: string): Promise<Record<string, string>> {
  const asked = await run({ file: go.file, args: ['env', 'GOMODCACHE'], env: { ...process.env, ...go.env } });
  const theirs = asked.trim();
  const usable = await access(theirs).then(
    () => true,
    () => false,
  );
  return usable ? { GOMODCACHE: theirs } : { GOPATH: join(work, 'gopath'), GOMODCACHE: join(work, 'modules') };
}

const ldflags = (build: GoBuild): string => ['-s -w', build.ldflags].filter(Boolean).join(' ');

async function fingerprint(build: GoBuild): Promise<string> {
  const hash = createHash('sha256');
  const sources = (await readdir(build.moduleFolder, { recursive: true })).filter((name) => /\/[^/]+\.go$/.test(name));
  for (const name of ['go.mod', 'go.sum', ...sources.toSorted()]) {
    hash.update(await readFile(join(build.moduleFolder, name)));
  }
  hash.update(JSON.stringify([ldflags(build), build.programs]));
  return hash.digest('hex').slice(0, 12);
}

async function allRun(programs: readonly GoProgram[], folder: string): Promise<boolean> {
  for (const { name, versionArgs } of programs) {
    const runs = await run({ file: join(folder, name), args: versionArgs }, { timeoutMs: 60_000 }).then(
      () => true,
      () => false,
    );
    if (!runs) return false;
  }
  return true;
}
