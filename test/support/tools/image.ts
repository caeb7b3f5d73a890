import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { unpackOnce } from '../../../local/servers/unpack.ts';
import { importBaseImage } from './base-image.ts';
import { whyNoBuildah, withBuildah } from './buildah.ts';
import { toolsFolder } from './tools-folder.ts';

const CHECKOUT = join(import.meta.dirname, '../../..');

/** An image as a file, as `docker save` makes it: `docker load`, `ctr image import` and skopeo read it. */
export interface Image {
  readonly tar: string;
  /** The name it has in there, `docker.io/library/service-catalog:0.1.0`. */
  readonly reference: string;
  /** The commit that last changed what can go into it; `unknown` where git cannot tell. */
  readonly revision: string;
}

/** Why the image cannot be built here, or undefined when it can. */
export const whyNoImage = whyNoBuildah;

/**
 * The image of this checkout's Dockerfile: built with buildah on the first call, and again whenever something that
 * goes into it has changed. Safe when several processes ask at once. Throws when it cannot be built.
 */
export async function provideImage(
  options: { readonly say?: (message: string) => void; readonly signal?: AbortSignal | undefined } = {},
): Promise<Image> {
  const why = whyNoImage();
  if (why !== undefined) throw new Error(why);
  const { signal, say = console.error } = options;
  const { version } = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8')) as { version: string };
  const reference = `docker.io/library/service-catalog:${version}`;
  const revision = await imageRevision();
  const folder = join(toolsFolder(), 'images', `${process.arch}-${await fingerprint(revision)}`);
  const tar = join(folder, 'image.tar');
  await unpackOnce({
    folder,
    what: 'the image',
    signal,
    fill: async (into) => {
      say('building the image from the Dockerfile; this takes about a minute');
      await build(join(into, 'image.tar'), reference, revision, { say, signal });
    },
    works: (made) =>
      stat(join(made, 'image.tar')).then(
        ({ size }) => size > 0,
        () => false,
      ),
  });
  await removeOthers(folder);
  return { tar, reference, revision };
}

async function build(
  tar: string,
  reference: string,
  revision: string,
  options: { readonly say: (message: string) => void; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const secrets = await mkdtemp(join(tmpdir(), 'service-catalog-build-'));
  const context = await mkdtemp(join(tmpdir(), 'service-catalog-context-'));
  try {
    await withBuildah(async (buildah) => {
      await importBaseImage(buildah, await baseImage(), options);
      const args = ['--isolation', 'chroot', '--pull-never', '--format', 'docker', '--timestamp', '0'];
      await copyContext(context);
      // The version is the one that stands in the Dockerfile, as for everybody who builds with it.
      const settings = [...(await npmSettings(secrets)), '--build-arg', `REVISION=${revision}`];
      const file = join(context, 'Dockerfile');
      await buildah.run(['bud', ...args, ...settings, '--tag', reference, '--file', file, context], {
        timeoutMs: 900_000,
      });
      await buildah.run(['push', '--quiet', reference, `docker-archive:${tar}:${reference}`], { timeoutMs: 300_000 });
    }, options);
  } finally {
    for (const made of [secrets, context]) await rm(made, { recursive: true, force: true });
  }
}

/** The image that the FROM lines of the Dockerfile name, apart from stages of its own. */
async function baseImage(): Promise<string> {
  const text = await readFile(join(CHECKOUT, 'Dockerfile'), 'utf8');
  const names = [...text.matchAll(/^FROM (?<image>\S+\/\S+)/gm)].map(({ groups }) => groups?.['image'] ?? '');
  const [name] = names;
  if (name === undefined || names.length !== 1) throw new Error('the Dockerfile is to have one base image');
  return name;
}

/**
 * How this machine's npm reaches its registry, for the npm in the build: a secret of the build, and a file that is
 * there only while it runs. Nothing of it gets into a layer.
 */
async function npmSettings(folder: string): Promise<string[]> {
  const file = join(folder, 'npmrc');
  const own = await readFile(join(homedir(), '.npmrc'), 'utf8').catch(() => '');
  const lines = own.split('\n').filter((line) => line.includes('//') || /^(registry|proxy|https-proxy)\b/.test(line));
  const setting = async (name: string): Promise<string> =>
    (await run({ file: 'npm', args: ['config', 'get', name, '--loglevel=error'], cwd: folder })).trim();
  const inSettings = await setting('cafile');
  const authorities = inSettings.startsWith('/') ? inSettings : (process.env['NODE_EXTRA_CA_CERTS'] ?? '');
  const hasAuthorities = authorities.startsWith('/');
  const text = [
    ...lines,
    `registry=${await setting('registry')}`,
    ...(hasAuthorities ? [`cafile=${CA_IN_BUILD}`] : []),
  ];
  await writeFile(file, `${text.join('\n')}\n`, { mode: 0o600 });
  return [
    ...['--secret', `id=npmrc,src=${file}`],
    ...(hasAuthorities ? ['--volume', `${authorities}:${CA_IN_BUILD}:ro`] : []),
  ];
}

const CA_IN_BUILD = '/run/npm-authorities.pem';

/** The commit that last changed what can go into the image; `unknown` where git cannot tell. */
async function imageRevision(): Promise<string> {
  const paths = await namesOfContext();
  return run({ file: 'git', args: ['log', '-1', '--format=%H', '--', ...paths], cwd: CHECKOUT }).then(
    (printed) => printed.trim() || 'unknown',
    () => 'unknown',
  );
}

/** The Dockerfile and the names .dockerignore lets through: all that can go into the image or decides how it is built. */
async function namesOfContext(): Promise<string[]> {
  const ignore = await readFile(join(CHECKOUT, '.dockerignore'), 'utf8');
  const names = ignore.split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1).trim()] : []));
  return ['Dockerfile', '.dockerignore', ...names].toSorted();
}

async function filesOfContext(): Promise<string[]> {
  return (await Promise.all((await namesOfContext()).map(filesOf))).flat();
}

/** What goes into the image, with the modes it has where somebody's umask is 077: what works so works for all. */
async function copyContext(into: string): Promise<void> {
  for (const file of await filesOfContext()) {
    const copy = join(into, file);
    await mkdir(dirname(copy), { recursive: true, mode: 0o700 });
    await copyFile(join(CHECKOUT, file), copy);
    await chmod(copy, (await isExecutable(file)) ? 0o700 : 0o600);
  }
}

const isExecutable = async (file: string): Promise<boolean> => ((await stat(join(CHECKOUT, file))).mode & 0o100) !== 0;

async function fingerprint(revision: string): Promise<string> {
  const hash = createHash('sha256').update(`${revision}\0`);
  for (const file of await filesOfContext()) {
    hash.update(`${file}\0${String(await isExecutable(file))}\0`);
    hash.update(await readFile(join(CHECKOUT, file)));
    hash.update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesOf(name: string): Promise<string[]> {
  const path = join(CHECKOUT, name);
  if (!(await stat(path)).isDirectory()) return [name];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(CHECKOUT.length + 1))
    .toSorted();
}

/** Every change makes another image of 180 MB; only the last is worth keeping. */
async function removeOthers(folder: string): Promise<void> {
  const parent = dirname(folder);
  const now = Date.now();
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (path === folder || name.includes('.')) continue;
    // Another checkout, or another process, may be using a young one.
    const { mtimeMs } = await stat(path);
    if (now - mtimeMs > KEEP_MS) await rm(path, { recursive: true, force: true });
  }
}

const KEEP_MS = 2 * 60 * 60_000;
