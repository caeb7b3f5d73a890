import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify, isRunning, signalProcess } from '../../local/processes/identity.ts';
import type { ProcessIdentity } from '../../local/processes/identity.ts';
import { waitUntil } from '../../local/processes/wait-until.ts';

const PREFIX = 'service-catalog-test-';

/** A process that a test run started, and how it is stopped. */
export interface StartedProcess extends ProcessIdentity {
  readonly stopSignal: NodeJS.Signals;
}

/** A folder for the data of this test run, after the folders of runs that were killed have been cleared away. */
export async function createRunFolder(): Promise<string> {
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  await writeFile(join(folder, 'owner.json'), JSON.stringify(await identify(process.pid)));
  return folder;
}

/** Writes down what was started, so that it can be stopped by whoever comes later. */
export async function rememberProcesses(folder: string, processes: readonly StartedProcess[]): Promise<void> {
  await writeFile(join(folder, 'processes.json'), JSON.stringify(processes));
}

/** Stops what was started for the folder and removes it. */
export async function removeRunFolder(folder: string): Promise<void> {
  const processes = (await readJson<StartedProcess[]>(join(folder, 'processes.json'))) ?? [];
  await Promise.all(processes.map(stop));
  await rm(folder, { recursive: true, force: true });
}

async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(tmpdir(), name);
    const owner = await readJson<ProcessIdentity>(join(folder, 'owner.json'));
    // Without an owner it is being made at this moment, or belongs to another user.
    if (owner && !(await isRunning(owner))) await removeRunFolder(folder);
  }
}

async function stop(started: StartedProcess): Promise<void> {
  if (!(await signalProcess(started, started.stopSignal))) return;
  const gone = async (): Promise<true | undefined> => ((await isRunning(started)) ? undefined : true);
  await waitUntil(gone, { what: `the end of process ${started.pid}`, timeoutMs: 10_000 }).catch(() =>
    signalProcess(started, 'SIGKILL'),
  );
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
