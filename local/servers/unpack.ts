import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { withLock } from '../processes/file-lock.ts';

/** A folder with this file in it was filled to the end. */
const MARKER = '.complete';

export interface UnpackOptions {
  /** Where the result is to be. */
  readonly folder: string;
  /** What is being unpacked, for messages. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** How long somebody else who is at it is waited for, milliseconds; ten minutes when absent. */
  readonly waitMs?: number;
  /** Fills the (empty) folder it is given; throws when it cannot. */
  fill(folder: string): Promise<void>;
  /** Looks whether what is in the folder works on this machine. */
  works(folder: string): Promise<boolean>;
}

/**
 * Makes sure that `folder` holds what `fill` makes, once for all who ask at the same time, in this process and others.
 * What an earlier run left half-done, or what no longer works (the machine was upgraded), is done again.
 */
export async function unpackOnce(options: UnpackOptions): Promise<void> {
  if (await isComplete(options)) return;
  await withLock(
    `${options.folder}.lock`,
    { what: options.what, timeoutMs: options.waitMs ?? 600_000, signal: options.signal },
    async () => {
      if (await isComplete(options)) return;
      await mkdir(dirname(options.folder), { recursive: true, mode: 0o700 });
      await removeAbandoned(options.folder);
      const unfinished = await mkdtemp(`${options.folder}.unfinished-`);
      try {
        await options.fill(unfinished);
        if (!(await options.works(unfinished))) throw new Error(`${options.what} was unpacked but does not run here`);
        await writeFile(join(unfinished, MARKER), '');
        await rm(options.folder, { recursive: true, force: true });
        await rename(unfinished, options.folder);
      } finally {
        await rm(unfinished, { recursive: true, force: true });
      }
    },
  );
}

/** What processes that were killed while they filled their folder left behind; nobody else is at it now. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(`${basename(folder)}.unfinished-`)) continue;
    await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

async function isComplete(options: UnpackOptions): Promise<boolean> {
  return (await isUnpacked(options.folder)) && (await options.works(options.folder));
}

/** Whether the folder was filled to the end, by whichever run. */
export function isUnpacked(folder: string): Promise<boolean> {
  return access(join(folder, MARKER)).then(
    () => true,
    () => false,
  );
}
