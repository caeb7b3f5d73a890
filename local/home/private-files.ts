import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, UsageError } from '../../lib/runtime/errors.ts';

/**
 * Files that only their owner may read, replaced as a whole: a reader sees the old content or the new one, also when
 * the writer is killed.
 */
export async function writePrivateFile(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}.unfinished`;
  await rm(unfinished, { force: true });
  await writeFile(unfinished, content, { mode: 0o600, flag: 'wx' });
  await rename(unfinished, path);
}

/** The file's content, or undefined when there is no such file. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** The JSON in the file; undefined when there is none or when it is damaged. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

/**
 * The content of a secret file; made with `generate` on the first time, and when it got lost but nothing depends on it.
 * `lockedBy` is a file or folder that is made with the secret and cannot be used with another: while it is there, a
 * lost secret is a {@link UsageError}.
 */
export async function ensureSecretFile(path: string, generate: () => string, lockedBy?: string): Promise<string> {
  const content = await readIfPresent(path);
  const present = content?.trim();
  if (present) return present;
  if (lockedBy !== undefined && (await isThere(lockedBy))) {
    throw new UsageError(
      `The secret file ${path} is ${content === undefined ? 'not there any more' : 'empty'}, and ${lockedBy} cannot ` +
        'be used without what it held. Put its content back from a backup, or, to begin anew without any of the ' +
        `data, remove ${dirname(dirname(path))}.`,
    );
  }
  const secret = generate();
  await writePrivateFile(path, `${secret}\n`);
  return secret;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** 160 random bits as letters and digits: fit for a URL, an SQL literal and a shell. */
export function generatePassword(): string {
  return randomBytes(20).toString('hex');
}
