import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readJson, writePrivateFile } from '../home/private-files.ts';
import { run } from '../processes/command.ts';
import type { Command, RunOptions } from '../processes/command.ts';
import { asIdentity, identify, isRunning } from '../processes/identity.ts';
import { endGroup } from '../processes/process-group.ts';

/** Runs a program that fills the folder; remembered, so that a later start can end it if this one is killed. */
export type RunFiller = (command: Command, options: RunOptions) => Promise<string>;

/**
 * Makes a data folder next to its place and renames it at the end: what is at the place is whole, whenever this is
 * killed. Programs that an earlier, killed try left running are ended first; none of them can write into the new
 * folder, because its name is never used again. Files that `fill` puts beside the folder must begin with its name.
 */
export async function makeDataFolder(
  dataDir: string,
  fill: (folder: string, runFiller: RunFiller) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(dataDir), { recursive: true, mode: 0o700 });
  await sweep(dataDir);
  const unfinished = await mkdtemp(`${unfinishedPrefix(dataDir)}-`);
  const started = async (pid: number): Promise<void> => {
    const identity = await identify(pid);
    if (identity) await writePrivateFile(`${unfinished}${FILLER}`, JSON.stringify(identity));
  };
  try {
    await fill(unfinished, (command, options) => run(command, { ...options, started }));
    await rename(unfinished, dataDir);
  } finally {
    await sweep(dataDir);
  }
}

const FILLER = '.filler.json';
const unfinishedPrefix = (dataDir: string): string => `${dataDir}.unfinished`;

/** Ends and removes what is left of unfinished tries. One stack owns the folder, so they are nobody else's. */
async function sweep(dataDir: string): Promise<void> {
  const folder = dirname(dataDir);
  const names = (await readdir(folder)).filter((name) => name.startsWith(basename(unfinishedPrefix(dataDir))));
  for (const name of names.filter((file) => file.endsWith(FILLER))) {
    const filler = asIdentity(await readJson(join(folder, name)));
    if (filler && (await isRunning(filler))) await endGroup(filler.pid);
  }
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true, maxRetries: 5 });
}
