import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errorCode } from '../../lib/runtime/errors.ts';

/**
 * Which process is meant. A number alone is not enough: numbers are used again, and a pid file that survived a crash
 * or a reboot may name somebody else's process by now.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, as the system tells it; compared only, never read. */
  readonly startedAt: string;
}

/** What was read from a file, if it is an identity. */
export function asIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedAt' in value)) return undefined;
  const { pid, startedAt } = value;
  // 0 and less mean groups of processes to the system, 1 is never ours.
  if (!Number.isSafeInteger(pid) || Number(pid) <= 1 || typeof startedAt !== 'string') return undefined;
  return { pid: Number(pid), startedAt };
}

/** The identity of a running process, or undefined when there is none of that number (zombies count as none). */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const startedAt = process.platform === 'linux' ? await startTimeFromProc(pid) : await startTimeFromPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** True when exactly this process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startedAt === identity.startedAt;
}

async function startTimeFromProc(pid: number): Promise<string | undefined> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the name in parentheses and may itself hold spaces and parentheses.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return undefined;
  const ticks = rest[18];
  if (ticks === undefined) return undefined;
  // Ticks count from boot: without the boot's id, a process of the last boot could look like one of this.
  return `${await bootId()}/${ticks}`;
}

let cachedBootId: Promise<string> | undefined;

function bootId(): Promise<string> {
  cachedBootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => 'unknown-boot',
  );
  return cachedBootId;
}

async function startTimeFromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Sends a signal to exactly this process; false when it is gone. */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  if (!(await isRunning(identity))) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (thrown) {
    if (errorCode(thrown) === 'ESRCH') return false;
    throw thrown;
  }
}
