import { access, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { downloadDebianSource, unpackDebianPackages } from '../tools/debian-packages.ts';
import { CONTROL_PLANE } from './release.ts';

/** What the source package `kubernetes` of Debian 12, the last release that has it, is made from. */
export const DEBIAN_VERSION = 'v1.20.2';
const SUITE = 'bookworm';
/** A later Go does not compile it. */
const GO = '1.19';

/**
 * The copy of reflect2 in the source reads Go's internals as they were before 1.18 and crashes with later ones; this
 * package has the one that does not.
 */
const REFLECT2 = { package: 'golang-github-modern-go-reflect2-dev', path: 'github.com/modern-go/reflect2' };

/**
 * A condition that never held with the Go of that time. Since Go 1.17 it holds for "", which the API server then takes
 * for null and refuses as the value of a field of a kind of ours. Kubernetes itself has left it out later.
 */
const ZERO_AS_NULL = {
  file: 'vendor/k8s.io/kube-openapi/pkg/validation/validate/type.go',
  text: ' || reflect.DeepEqual(reflect.Zero(reflect.TypeOf(data)), reflect.ValueOf(data))',
};

/** A build that takes longer hangs. */
export const BUILD_TIMEOUT_MS = 45 * 60_000;

const MODULE = 'k8s.io/kubernetes';
/** Where the version is stamped: the package as seen from a tree with vendored dependencies. */
const VERSION_PACKAGE = `${MODULE}/vendor/k8s.io/component-base/version`;

interface Workshop {
  /** A tree as Go wanted it before modules: sources in `src/k8s.io/kubernetes` below it. */
  readonly gopath: string;
  readonly source: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly go: (args: readonly string[]) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Fetches source and Go from Debian and puts static programs of the control plane into a folder. No root, no other
 * network than Debian's mirror. Throws, with the last lines of what failed, when something cannot be had or built.
 */
export async function buildFromDebian(into: string, signal: AbortSignal | undefined): Promise<void> {
  const work = join(into, 'work');
  const workshop = await prepare(work, signal);
  await generateOpenapi(workshop, join(work, 'openapi-gen'));
  const [major, minor] = DEBIAN_VERSION.slice(1).split('.');
  const stamps = Object.entries({ gitVersion: DEBIAN_VERSION, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' })
    .map(([name, value]) => `-X ${VERSION_PACKAGE}.${name}=${value}`)
    .join(' ');
  const packages = CONTROL_PLANE.map((name) => `./cmd/${name}`);
  await workshop.go(['build', '-trimpath', `-ldflags=-s -w ${stamps}`, '-o', `${into}/`, ...packages]);
  await rm(work, { recursive: true });
}

async function prepare(work: string, signal: AbortSignal | undefined): Promise<Workshop> {
  const tools = join(work, 'tools');
  const gopath = join(work, 'gopath');
  const source = join(gopath, 'src', MODULE);
  const temporary = join(work, 'tmp');
  for (const folder of [tools, dirname(source), temporary]) await mkdir(folder, { recursive: true });
  const packages = [`golang-${GO}-go`, `golang-${GO}-src`, REFLECT2.package];
  await unpackDebianPackages({ suite: SUITE, packages, into: tools, signal });
  await unpackSource(join(work, 'archive'), source, signal);
  await adaptToGo(source, join(tools, 'usr/share/gocode/src'));
  const goroot = join(tools, 'usr/lib', `go-${GO}`);
  const env = {
    ...process.env,
    GO111MODULE: 'off',
    GOPATH: gopath,
    GOROOT: goroot,
    GOFLAGS: '',
    GOCACHE: join(work, 'compile-cache'),
    GOTMPDIR: temporary,
    CGO_ENABLED: '0',
  };
  const go = async (args: readonly string[]): Promise<void> => {
    await run({ file: join(goroot, 'bin', 'go'), args, cwd: source, env }, { timeoutMs: BUILD_TIMEOUT_MS, signal });
  };
  return { gopath, source, env, go, signal };
}

async function unpackSource(work: string, source: string, signal: AbortSignal | undefined): Promise<void> {
  await mkdir(work);
  const archive = await downloadDebianSource({ suite: SUITE, name: 'kubernetes', into: work, signal });
  await run({ file: 'tar', args: ['-xf', archive, '-C', work] }, { timeoutMs: 300_000, signal });
  const unpacked = join(work, `kubernetes-${DEBIAN_VERSION.slice(1)}`);
  await access(unpacked).catch(() => {
    throw new Error(`the source package of Debian ${SUITE} is not of Kubernetes ${DEBIAN_VERSION} any more`);
  });
  await rename(unpacked, source);
}

/** Changes what does not work, or works differently, with a later Go than it was written for. */
async function adaptToGo(source: string, packaged: string): Promise<void> {
  const reflect2 = join(source, 'vendor', REFLECT2.path);
  await rm(reflect2, { recursive: true });
  await cp(join(packaged, REFLECT2.path), reflect2, { recursive: true });
  const file = join(source, ZERO_AS_NULL.file);
  const text = await readFile(file, 'utf8');
  if (!text.includes(ZERO_AS_NULL.text)) throw new Error(`${ZERO_AS_NULL.file} is not as it was; look at it`);
  await writeFile(file, text.replace(ZERO_AS_NULL.text, ''));
}

/** What its own makefiles generate before a build: descriptions of all kinds, without which no server starts. */
async function generateOpenapi({ gopath, source, env, go, signal }: Workshop, generator: string): Promise<void> {
  await go(['build', '-o', generator, './vendor/k8s.io/kube-openapi/cmd/openapi-gen']);
  const inputs = await packagesToDescribe(source);
  const args = [
    ...['-O', 'zz_generated.openapi', '-h', join(source, 'hack/boilerplate/boilerplate.generatego.txt')],
    ...['-p', `${MODULE}/pkg/generated/openapi`, '-o', join(gopath, 'src')],
    // The report of what breaks its naming rules.
    ...['-r', '/dev/null', '-i', inputs.join(',')],
  ];
  await run({ file: generator, args, cwd: source, env }, { timeoutMs: BUILD_TIMEOUT_MS, signal });
}

const MARK = '+k8s:openapi-gen=true';
const STAGING = 'staging/src/';
/** Examples, and generators which talk about the mark. */
const NOT_DESCRIBED = /k8s\.io\/(code-generator|kube-openapi|sample-)/;

/** Packages with a file that has the mark, as they are imported: what is staged is seen through `vendor`. */
async function packagesToDescribe(source: string): Promise<string[]> {
  const packages = new Set<string>();
  for (const top of ['pkg', `${STAGING}k8s.io`, 'vendor']) {
    // Links are not followed: `vendor` links to what is staged.
    for (const entry of await readdir(join(source, top), { recursive: true, withFileTypes: true })) {
      const folder = relative(source, entry.parentPath);
      if (!entry.isFile() || !entry.name.endsWith('.go')) continue;
      if (packages.has(folder) || NOT_DESCRIBED.test(`${folder}/`)) continue;
      if ((await readFile(join(entry.parentPath, entry.name), 'utf8')).includes(MARK)) packages.add(folder);
    }
  }
  const imported = (folder: string): string =>
    `${MODULE}/${folder.startsWith(STAGING) ? `vendor/${folder.slice(STAGING.length)}` : folder}`;
  return [...packages].map(imported).toSorted();
}
