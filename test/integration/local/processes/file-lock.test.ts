import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lockHolder, takeLock, withLock } from '../../../../local/processes/file-lock.ts';
import { waitUntil } from '../../../../local/processes/wait-until.ts';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  lock = join(folder, 'lock');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const options = { what: 'a test', timeoutMs: 30_000 };

test('only one at a time holds a lock', async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(lock, options, work)));
  expect(most).toBe(1);
  expect(existsSync(lock)).toBe(false);
});

test('a lock that is held is not given to another, who is told what it is for', async () => {
  const release = await takeLock(lock, options);
  expect((await lockHolder(lock))?.pid).toBe(process.pid);
  await expect(takeLock(lock, { what: 'another start', timeoutMs: 0 })).rejects.toThrow('another start');
  await release();
  expect(await lockHolder(lock)).toBeUndefined();
});

test('a lock whose holder was killed is taken over', async () => {
  const module = join(import.meta.dirname, '../../../../local/processes/file-lock.ts');
  const script = `const { takeLock } = await import(${JSON.stringify(module)});
    await takeLock(${JSON.stringify(lock)}, { what: 'x', timeoutMs: 0 });
    setInterval(() => undefined, 1000);`;
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  const holder = spawn(process.execPath, flags, { stdio: 'inherit' });
  await waitUntil(async () => ((await lockHolder(lock)) ? true : undefined), { what: 'the lock', timeoutMs: 30_000 });
  const gone = new Promise((resolve) => holder.once('exit', resolve));
  holder.kill('SIGKILL');
  await gone;
  expect(await lockHolder(lock)).toBeUndefined();
  const release = await takeLock(lock, options);
  await release();
});

test('a lock file that was cut off by a crash is nobody’s', async () => {
  writeFileSync(lock, '{"pid":');
  const release = await takeLock(lock, options);
  await release();
});
