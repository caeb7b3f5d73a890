import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { identify, isRunning } from '../../../../local/processes/identity.ts';
import type { ProcessIdentity } from '../../../../local/processes/identity.ts';
import { ProcessFiles } from '../../../../local/processes/process-files.ts';
import type { ProcessRecord } from '../../../../local/processes/process-files.ts';
import { SupervisedProcess } from '../../../../local/processes/supervised-process.ts';
import type { ProcessSpec } from '../../../../local/processes/supervised-process.ts';
import { waitUntil } from '../../../../local/processes/wait-until.ts';

let folder: string;
let files: ProcessFiles;
let started: number[];
let restarts: string[];
const children: ChildProcess[] = [];
const supervised: SupervisedProcess<string>[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'supervisor-'));
  files = new ProcessFiles(join(folder, 'processes'));
  started = [];
  restarts = [];
});
afterEach(async () => {
  // Also those of a test that failed half-way: they would be started again and again, and the run would never end.
  for (const process_ of supervised.splice(0)) await process_.stop();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A process that runs a line of shell and is ready when it has written its file. */
function spec(script: string): ProcessSpec<string> {
  const readyFile = join(folder, 'ready');
  return {
    name: 'worker',
    command: { file: 'sh', args: ['-c', script, 'sh', readyFile] },
    logFile: join(folder, 'worker.log'),
    stopSignal: 'SIGTERM',
    ready: (signal) =>
      // The shell makes the file before it writes into it.
      waitUntil(async () => readFileSync(readyFile, 'utf8') || undefined, {
        what: 'worker',
        timeoutMs: 30_000,
        signal,
      }),
  };
}
function supervise(script: string, written = files): SupervisedProcess<string> {
  const process_ = new SupervisedProcess(spec(script), {
    files: written,
    changed: (_name, pid) => {
      if (pid !== undefined) started.push(pid);
    },
    restarted: (_name, reason) => restarts.push(reason),
  });
  supervised.push(process_);
  return process_;
}
const until = (what: string, look: () => boolean | Promise<boolean>): Promise<true> =>
  waitUntil(async () => ((await look()) ? true : undefined), { what, timeoutMs: 30_000, intervalMs: 10 });
async function identityOf(pid: number | undefined): Promise<ProcessIdentity> {
  const identity = pid === undefined ? undefined : await identify(pid);
  if (!identity) throw new Error(`there is no process ${String(pid)}`);
  return identity;
}
/** A process that is nobody's child here, as after a crash of the one that started it. */
function bystander(script = 'exec sleep 300'): ChildProcess {
  const child = spawn('sh', ['-c', script], { stdio: 'ignore', detached: true });
  children.push(child);
  return child;
}

describe('a supervised process', () => {
  test('that is killed is started again, and is gone after a stop', async () => {
    const process_ = supervise('echo "ERROR of long ago"; echo yes > "$1"; exec sleep 300');
    expect(await process_.start()).toBe('yes\n');
    process.kill(started[0]!, 'SIGKILL');
    await until('the second process', () => started.length === 2);
    expect(restarts).toEqual(['it was ended by SIGKILL']);
    const second = await identityOf(started[1]);
    await process_.stop();
    expect(await isRunning(second)).toBe(false);
  });

  test('is written down when its start is over, also where writing takes longer than getting ready', async () => {
    const slow = new (class extends ProcessFiles {
      override async add(record: ProcessRecord): Promise<void> {
        await sleep(300);
        await super.add(record);
      }
    })(join(folder, 'processes'));
    await supervise('echo yes > "$1"; exec sleep 300', slow).start();
    expect(readdirSync(join(folder, 'processes'))).toEqual(['worker.json']);
  });

  test('that ends while it starts is tried three times, and then says why it cannot', async () => {
    const process_ = supervise('echo "FATAL: the disk is full"; exit 1');
    await expect(process_.start()).rejects.toThrow(
      `worker cannot start: it ended with 1, FATAL: the disk is full. Its log is ${join(folder, 'worker.log')}.`,
    );
    expect(restarts).toHaveLength(2);
  });

  test('whose settings are wrong is not tried again', async () => {
    await expect(supervise('echo "no such option"; exit 2').start()).rejects.toThrow('no such option');
    expect(restarts).toEqual([]);
  });

  test('of a program that is not there says so', async () => {
    const process_ = new SupervisedProcess(
      { ...spec(''), command: { file: join(folder, 'absent'), args: [] } },
      { files, changed: () => undefined, restarted: () => undefined },
    );
    await expect(process_.start()).rejects.toThrow('ENOENT');
  });

  test('can be stopped while it starts', async () => {
    const process_ = supervise('exec sleep 300');
    const starting = process_.start();
    starting.catch(() => undefined);
    await until('the process', () => started.length === 1);
    const identity = await identityOf(started[0]);
    await process_.stop();
    expect(await isRunning(identity)).toBe(false);
    await expect(starting).rejects.toThrow('worker is being stopped');
  });

  test('does not get the Ctrl-C of the terminal: it is in a process group of its own', async () => {
    const process_ = supervise('echo yes > "$1"; exec sleep 300');
    await process_.start();
    const stat = readFileSync(`/proc/${String(started[0])}/stat`, 'utf8');
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
    expect(group).toBe(started[0]);
    await process_.stop();
  });
});

describe('what an earlier run left behind', () => {
  test('is ended, in the order that is asked for', async () => {
    const [one, two] = [bystander(), bystander()];
    const identities = [await identityOf(one.pid), await identityOf(two.pid)];
    await files.add({ ...identities[0]!, name: 'one', stopSignal: 'SIGTERM' });
    await files.add({ ...identities[1]!, name: 'two', stopSignal: 'SIGTERM' });
    const ended = await files.endLeftovers(['two', 'one']);
    expect(ended.map(({ name }) => name)).toEqual(['two', 'one']);
    expect(await Promise.all(identities.map(isRunning))).toEqual([false, false]);
    expect(await files.endLeftovers([])).toEqual([]);
  });

  test('is not touched when its number belongs to another process by now', async () => {
    const other = bystander();
    const identity = await identityOf(other.pid);
    await files.add({ ...identity, startedAt: `${identity.startedAt}0`, name: 'worker', stopSignal: 'SIGTERM' });
    expect(await files.endLeftovers([])).toEqual([]);
    expect(await isRunning(identity)).toBe(true);
    expect(await files.endLeftovers([])).toEqual([]);
  });

  test.each(['{}', '[]', 'null', '{"pid":"x","startedAt":"y"}', '{"pid":-1,"startedAt":"y","stopSignal":"SIGTERM"}'])(
    'is forgotten when its record reads %s',
    async (damaged) => {
      await files.add({ pid: 1, startedAt: 'x', name: 'store', stopSignal: 'SIGTERM' });
      writeFileSync(join(folder, 'processes', 'store.json'), damaged);
      expect(await files.endLeftovers(['store'])).toEqual([]);
    },
  );

  test('is forgotten when its record was cut off by a crash', async () => {
    await files.add({ pid: 1, startedAt: 'x', name: 'worker', stopSignal: 'SIGTERM' });
    writeFileSync(join(folder, 'processes', 'worker.json'), '{"pid":1,"sta');
    expect(await files.endLeftovers([])).toEqual([]);
  });
});

test('a process that has ended but whose parent has not looked is not running', async () => {
  // The shell waits for nothing: its child stays a zombie.
  const parent = bystander('sleep 0.05 & exec sleep 300');
  const childrenFile = `/proc/${String(parent.pid)}/task/${String(parent.pid)}/children`;
  const zombie = await waitUntil(async () => Number(readFileSync(childrenFile, 'utf8').trim()) || undefined, {
    what: 'the child',
    timeoutMs: 30_000,
    intervalMs: 5,
  });
  await until('the end of the child', () => readFileSync(`/proc/${zombie}/stat`, 'utf8').includes(') Z '));
  expect(await identify(zombie)).toBeUndefined();
});
