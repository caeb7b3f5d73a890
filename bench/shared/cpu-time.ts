import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** USER_HZ: what /proc counts in, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU time one process has used, seconds; NaN where there is no such process, or no /proc. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return line === '' ? NaN : parseStat(line).ticks / TICKS_PER_SECOND;
}

/** Reads how much processor time has been used so far, milliseconds; NaN where the system has no /proc. */
export type CpuTime = () => number;

/**
 * The processor time of this process and of all that descend from `pids`, those that have ended included. Unlike the
 * time on the clock it hardly changes with what else the machine does.
 */
export function cpuTimeOf(pids: readonly number[]): CpuTime {
  return () => {
    try {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000 + treeTicks(pids) * (1_000 / TICKS_PER_SECOND);
    } catch {
      return NaN;
    }
  };
}

/** A process, as proc(5) has it. */
interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** Used by itself. */
  readonly ticks: number;
  /** Used by its children that have ended. */
  readonly ticksOfChildren: number;
}

function treeTicks(roots: readonly number[]): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(name))
    .filter((stat) => stat !== undefined);
  const wanted = new Set(roots);
  // Parents may come after their children in the listing: until a pass finds no more.
  for (let found = -1; found !== wanted.size;) {
    found = wanted.size;
    for (const { pid, parent } of stats) if (wanted.has(parent)) wanted.add(pid);
  }
  return stats
    .filter(({ pid }) => wanted.has(pid))
    .reduce((sum, { ticks, ticksOfChildren }) => sum + ticks + ticksOfChildren, 0);
}

function readStat(pid: string): Stat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // It has ended since the listing.
    return undefined;
  }
}

/** A line of /proc/PID/stat (proc(5)). The name of the program, in parentheses, may hold anything. */
export function parseStat(line: string): Stat {
  // From the third field of the line on: state, ppid, …, utime, stime, cutime, cstime.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number) as [number, number, number, number];
  return {
    pid: Number.parseInt(line, 10),
    parent: Number(fields[1]),
    ticks: utime + stime,
    ticksOfChildren: cutime + cstime,
  };
}
