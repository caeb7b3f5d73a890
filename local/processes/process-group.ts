import { readdir, readFile } from 'node:fs/promises';
import { errorCode } from '../../lib/runtime/errors.ts';
import { waitUntil } from './wait-until.ts';

/** How long killed processes may take to be gone, milliseconds. */
const GONE_MS = 10_000;

/**
 * Kills every process of a group, and resolves when none of it runs any more: what it wrote to is at rest then.
 * `leader` is the number of the process that was started with a group of its own.
 */
export async function endGroup(leader: number): Promise<void> {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (thrown) {
    if (errorCode(thrown) === 'ESRCH') return;
    // macOS says this of a group whose members have ended but were not looked after yet.
    if (errorCode(thrown) !== 'EPERM') throw thrown;
  }
  await waitUntil(async () => ((await groupRuns(leader)) ? undefined : true), {
    what: `the end of the processes that process ${leader} started`,
    timeoutMs: GONE_MS,
    intervalMs: 10,
  });
}

/** True while a process of the group runs; those that have ended, but whose parent has not looked, do not count. */
async function groupRuns(leader: number): Promise<boolean> {
  try {
    process.kill(-leader, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    // After the name in parentheses: state, parent, group.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(group) === leader && state !== 'Z' && state !== 'X') return true;
  }
  return false;
}
