import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A local stack that this process started. */
export interface StartedStack {
  /** The folder of its state, `.local` for a user. */
  readonly home: string;
  /** Everything it has printed so far. */
  output(): string;
  /** Stops every process of it; its folder stays. */
  stop(): Promise<void>;
  /** Removes the folder of a stopped stack. */
  remove(): Promise<void>;
}

/**
 * Starts what `npm start` starts, in a folder of its own (a new one when `home` is absent), and waits until it is
 * ready. Throws with what it printed when it ends before.
 */
export async function startStack(
  options: { home?: string; empty?: boolean; args?: readonly string[] } = {},
): Promise<StartedStack> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'service-catalog-stack-')));
  const child = spawn(
    process.execPath,
    [
      ...['--disable-warning=ExperimentalWarning', join(ROOT, 'local/main.ts')],
      ...(options.empty ? ['--empty'] : []),
      ...(options.args ?? []),
    ],
    // The channel tells the stack when this process is gone, however it went.
    { cwd: ROOT, env: { ...process.env, SERVICE_CATALOG_HOME: home }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  let output = '';
  const ready = new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (/^ready/m.test(output)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the stack ended with ${code ?? 'a signal'}:\n${output}`)));
  });
  await ready;
  return {
    home,
    output: () => output,
    stop: () => end(child),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await ended;
}
