import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isRunning, signalProcess } from '../../local/processes/identity.ts';
import { waitUntil } from '../../local/processes/wait-until.ts';
import { createRunFolder, rememberProcesses, removeRunFolder } from '../../test/support/test-run-folder.ts';
import type { StartedProcess } from '../../test/support/test-run-folder.ts';

const STOP_MS = 20_000;

/** A process of the measurement. */
export interface Running {
  readonly pid: number;
  stop(): Promise<void>;
}

/** The processes of one measurement and their folder. What is left of one that was killed, the next one clears away. */
export class Processes {
  readonly folder: string;
  readonly #started: StartedProcess[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Processes> {
    return new Processes(await createRunFolder());
  }

  /** Starts one of our programs under this Node; its log is `NAME.log` in the folder. */
  async start(name: string, args: readonly string[]): Promise<Running> {
    const log = openSync(join(this.folder, `${name}.log`), 'a', 0o600);
    // To see where the time goes: BENCH_NODE_FLAGS='--cpu-prof --cpu-prof-dir=/tmp/profiles'.
    const more = (process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
    const flags = ['--disable-warning=ExperimentalWarning', ...more];
    const child = spawn(process.execPath, [...flags, ...args], { stdio: ['ignore', log, log] });
    child.on('error', () => undefined);
    const identity = child.pid === undefined ? undefined : await identify(child.pid);
    if (identity === undefined) throw new Error(`${name} did not start`);
    const started: StartedProcess = { ...identity, stopSignal: 'SIGTERM' };
    this.#started.push(started);
    await rememberProcesses(this.folder, this.#started);
    child.unref();
    return {
      pid: identity.pid,
      stop: async () => {
        await signalProcess(started, started.stopSignal);
        const gone = async (): Promise<true | undefined> => ((await isRunning(started)) ? undefined : true);
        await waitUntil(gone, { what: `the end of ${name}`, timeoutMs: STOP_MS });
      },
    };
  }

  /** Stops what still runs and removes the folder. */
  remove(): Promise<void> {
    return removeRunFolder(this.folder);
  }
}
