import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { unpackAptPackages } from '../../../local/servers/apt.ts';
import { unpackOnce } from '../../../local/servers/unpack.ts';
import { toolsFolder } from '../tools/tools-folder.ts';
import { specOf } from './spec.ts';
import type { ContainerSettings } from './spec.ts';

/** A container that was started. */
export interface Container {
  readonly id: string;
  /** Everything it printed so far. */
  output(): string;
  /** The number of its first process, on this machine. */
  pid(): Promise<number>;
  /** Sends a signal to its first process. */
  kill(signal: 'TERM' | 'INT' | 'KILL'): Promise<void>;
  /** Runs a command in it; resolves with its exit code. */
  exec(args: readonly string[]): Promise<number>;
  /** The exit code of its first process, 128 + n after a signal. */
  readonly exited: Promise<number>;
  /** Ends it at once if it still runs. */
  remove(): Promise<void>;
}

/**
 * Starts containers with runc, as container engines do: namespaces, read-only root, users, capabilities. State and
 * bundles are in `folder`.
 */
export class Runc {
  readonly #program: string;
  readonly #folder: string;

  private constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  static async create(folder: string): Promise<Runc> {
    return new Runc(await provideRunc(), folder);
  }

  /** Starts a container and resolves at once. */
  async start(settings: ContainerSettings): Promise<Container> {
    const id = `service-catalog-test-${randomUUID()}`;
    const bundle = join(this.#folder, id);
    await mkdir(bundle, { recursive: true, mode: 0o700 });
    await writeFile(join(bundle, 'config.json'), JSON.stringify(specOf(settings)));
    const pidFile = join(bundle, 'pid');
    const child = spawn(this.#program, [...this.#state, 'run', '--bundle', bundle, '--pid-file', pidFile, id], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk: string): void => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const exited = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        resolve(code ?? -1);
      });
    });
    const command = (args: readonly string[]) => run({ file: this.#program, args: [...this.#state, ...args] });
    return {
      id,
      output: () => output,
      pid: async () => Number(await readFile(pidFile, 'utf8')),
      kill: async (signal) => {
        await command(['kill', id, signal]);
      },
      exec: (args) =>
        command(['exec', id, ...args]).then(
          () => 0,
          (thrown: unknown) => (thrown as { exitCode?: number }).exitCode ?? 1,
        ),
      exited,
      remove: async () => {
        await command(['delete', '--force', id]);
        await exited;
        await rm(bundle, { recursive: true, force: true });
      },
    };
  }

  get #state(): string[] {
    return ['--root', join(this.#folder, 'state')];
  }
}

/** The runc of this machine, or that of its distribution's packages, unpacked into the cache folder. */
async function provideRunc(): Promise<string> {
  if (await runs('runc')) return 'runc';
  const folder = join(toolsFolder(), `runc-${process.arch}`);
  const programIn = (unpacked: string): string => join(unpacked, 'usr', 'sbin', 'runc');
  await unpackOnce({
    folder,
    what: 'runc',
    fill: (into) => unpackAptPackages({ packages: [['runc']], into, say: console.error }),
    works: (unpacked) => runs(programIn(unpacked)),
  });
  return programIn(folder);
}

async function runs(file: string): Promise<boolean> {
  return run({ file, args: ['--version'] }, { timeoutMs: 20_000 }).then(
    () => true,
    () => false,
  );
}
