import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../../lib/runtime/errors.ts';
import { asIdentity, identify, isRunning } from './identity.ts';
import type { ProcessIdentity } from './identity.ts';
import { waitUntil } from './wait-until.ts';

export interface LockOptions {
  /** What the holder does, for the message when it takes too long. */
  readonly what: string;
  /** How long another holder is waited for, milliseconds; 0 does not wait. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does `work` while holding the lock file `path`. The file names the process that holds it; a holder that died without
 * giving it back loses it to the next who asks.
 * Throws when another process holds the lock for longer than `timeoutMs`.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const release = await takeLock(path, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

/** Takes the lock and returns how to give it back. */
export async function takeLock(path: string, options: LockOptions): Promise<() => Promise<void>> {
  const self = await identify(process.pid);
  if (!self) throw new Error('cannot tell when this process was started: is /proc mounted?');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await waitUntil(async () => ((await tryLock(path, self)) ? true : undefined), {
    what: `the lock ${path} (${options.what})`,
    timeoutMs: options.timeoutMs,
    intervalMs: 200,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return () => rm(path, { force: true });
}

/** Who holds the lock, or undefined when nobody who is alive does. */
export async function lockHolder(path: string): Promise<ProcessIdentity | undefined> {
  const holder = await readHolder(path);
  return holder && (await isRunning(holder)) ? holder : undefined;
}

async function tryLock(path: string, self: ProcessIdentity): Promise<boolean> {
  if (await createExclusively(path, self)) return true;
  if (await lockHolder(path)) return false;
  // Nobody alive holds it. Removing it is itself done under a lock: two that both saw the dead holder must not
  // remove each other's fresh lock.
  const breaking = `${path}.breaking`;
  if (!(await createExclusively(breaking, self))) {
    if (!(await lockHolder(breaking))) await rm(breaking, { force: true });
    return false;
  }
  try {
    if (!(await lockHolder(path))) await rm(path, { force: true });
    return await createExclusively(path, self);
  } finally {
    await rm(breaking, { force: true });
  }
}

async function createExclusively(path: string, self: ProcessIdentity): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(JSON.stringify(self));
    await file.close();
    return true;
  } catch (thrown) {
    if (errorCode(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return asIdentity(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    // Absent, or its writer died between making and filling it.
    return undefined;
  }
}
