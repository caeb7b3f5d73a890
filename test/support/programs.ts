import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** One of our programs, in a process of its own. */
export interface Program {
  /** All it has written so far, to either stream. */
  readonly log: () => string;
  /** Waits until that matches, and returns the first group. Throws, with the log, when the program ends before. */
  says(pattern: RegExp): Promise<string>;
  /** Sends it a signal and waits for its end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  /** Its exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** The programs that a test file starts as users do. None outlives `stop`, however the test went. */
export class Programs {
  readonly #running = new Set<Program>();

  /** Starts a program, `catalog-apiserver/main.ts`. */
  start(main: string, args: readonly string[]): Program {
    const command = ['--disable-warning=ExperimentalWarning', join(ROOT, main), ...args];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
    // Not its exit: only when its streams are closed too, the log is all there.
    const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
    const program: Program = {
      log: () => log,
      says: (pattern) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            const found = pattern.exec(log);
            if (found !== null) resolve(found[1] ?? found[0]);
          };
          look();
          for (const stream of [child.stdout, child.stderr]) stream.on('data', look);
          void ended.then(() => reject(new Error(`${main} ended and never said ${pattern}; it said: ${log}`)));
        }),
      end: (signal) => {
        child.kill(signal);
        return ended;
      },
      ended,
    };
    this.#running.add(program);
    void ended.then(() => this.#running.delete(program));
    return program;
  }

  /** Kills what still runs. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((program) => program.end('SIGKILL')));
  }
}
