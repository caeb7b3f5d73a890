import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { run } from '../../../../local/processes/command.ts';
import { identify } from '../../../../local/processes/identity.ts';
import { waitUntil } from '../../../../local/processes/wait-until.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'command-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A shell that starts a program of its own, as initdb does, and waits for it. */
const nested = (): { file: string; args: string[] } => ({
  file: 'sh',
  args: ['-c', 'sleep 300 >/dev/null 2>&1 & echo $! > "$1"; wait', 'sh', join(folder, 'grandchild')],
});
const grandchild = (): Promise<number> =>
  waitUntil(async () => Number(readFileSync(join(folder, 'grandchild'), 'utf8')) || undefined, {
    what: 'the program it starts',
    timeoutMs: 30_000,
    intervalMs: 5,
  });

describe('a command', () => {
  test('that is interrupted is gone with all it started when that is told', async () => {
    const abort = new AbortController();
    const running = run(nested(), { signal: abort.signal });
    running.catch(() => undefined);
    const pid = await grandchild();
    abort.abort(new Error('the stack is being stopped'));
    await expect(running).rejects.toThrow('the stack is being stopped');
    expect(await identify(pid)).toBeUndefined();
  });

  test('that takes too long is gone with all it started', async () => {
    await expect(run(nested(), { timeoutMs: 500 })).rejects.toThrow('sh took longer than 0.5 s');
    expect(await identify(await grandchild())).toBeUndefined();
  });

  test('gives what it printed, or says how it ended', async () => {
    expect(await run({ file: 'cat', args: [] }, { input: 'in and out' })).toBe('in and out');
    await expect(run({ file: 'sh', args: ['-c', 'echo "no room" >&2; exit 3'] })).rejects.toThrow(
      'sh ended with 3: no room',
    );
    await expect(run({ file: join(folder, 'absent'), args: [] })).rejects.toThrow('ENOENT');
  });
});
