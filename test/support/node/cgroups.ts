import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../../lib/runtime/errors.ts';
import { waitUntil } from '../../../local/processes/wait-until.ts';

const ROOT = '/sys/fs/cgroup';
const PREFIX = 'service-catalog-node-';

/**
 * Makes a control group of this name in every hierarchy that has controllers, and returns their folders; whoever is to
 * be in them writes its number into their `cgroup.procs`. Throws where they cannot be made.
 */
export async function createCgroups(name: string): Promise<string[]> {
  const folders: string[] = [];
  for (const hierarchy of await hierarchies()) {
    const folder = join(hierarchy, `${PREFIX}${name}`);
    await mkdir(folder, { recursive: true });
    if (hierarchy.endsWith('/cpuset')) await inheritCpus(hierarchy, folder);
    folders.push(folder);
  }
  if (folders.length === 0) throw new Error(`there are no control groups below ${ROOT}`);
  return folders;
}

/** Removes the groups, and those below them, as soon as nothing runs in them any more. */
export async function removeCgroups(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    await waitUntil(async () => ((await removeTree(folder)) ? true : undefined), {
      what: `the end of what runs in ${folder}`,
      timeoutMs: 20_000,
    });
  }
}

/** Removes what killed runs left; groups in which something runs stay. */
export async function removeEmptyCgroups(): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    for (const entry of await readdir(hierarchy)) {
      if (entry.startsWith(PREFIX)) await removeTree(join(hierarchy, entry));
    }
  }
}

/** With cgroup v1 a folder for each group of controllers, with v2 one for all. */
async function hierarchies(): Promise<string[]> {
  if (await isGroup(ROOT)) {
    await writeFile(join(ROOT, 'cgroup.subtree_control'), '+cpu +cpuset +io +memory +pids');
    return [ROOT];
  }
  const entries = await readdir(ROOT, { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    // Links are second names (cpu -> cpu,cpuacct); the unified hierarchy beside v1 has no controllers.
    if (!entry.isDirectory() || entry.name === 'unified') continue;
    const folder = join(ROOT, entry.name);
    if (await isGroup(folder)) found.push(folder);
  }
  return found;
}

const isGroup = async (folder: string): Promise<boolean> =>
  (await readdir(folder).catch((): string[] => [])).includes('cgroup.procs');

/** A new group of v1 may use no CPU until it is told which; nothing can run in it before. */
async function inheritCpus(parent: string, folder: string): Promise<void> {
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    await writeFile(join(folder, name), await readFile(join(parent, name)));
  }
}

/** From the leaves up. False when something runs in one of the groups; that one stays, with those above it. */
async function removeTree(folder: string): Promise<boolean> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory() && !(await removeTree(join(folder, entry.name)))) return false;
  }
  try {
    await rmdir(folder);
  } catch (thrown) {
    if (errorCode(thrown) === 'EBUSY') return false;
    if (errorCode(thrown) !== 'ENOENT') throw thrown;
  }
  return true;
}
