import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { delayAfter } from '../../lib/runtime/backoff.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Command } from './command.ts';
import { identify } from './identity.ts';
import { openLog, reasonInLog } from './log-file.ts';
import type { ProcessFiles } from './process-files.ts';

/**
 * A process that is kept running until it is stopped.
 *
 *   starting  spawned, not yet ready. Ends it three times in a row, or says that its settings are wrong (exit code 2):
 *             `start` fails. Else it is started again.
 *   running   it was ready once. Whenever it ends, it is started again after a pause that grows from 0.2 to 10 s, and
 *             is short again after it has run for a while.
 *   stopping  no new start; asked to end by its signal, killed if it does not.
 */
export interface ProcessSpec<T> {
  readonly name: string;
  readonly command: Command;
  readonly logFile: string;
  readonly stopSignal: NodeJS.Signals;
  /** Resolves when the process does its work for the first time. Bounded by itself; ends with the signal. */
  readonly ready: (signal: AbortSignal) => Promise<T>;
}

export interface ProcessWorld {
  readonly files: ProcessFiles;
  /** A process began (with its number) or ended (without). */
  readonly changed: (name: string, pid: number | undefined) => void;
  /** Told of every restart, with the reason. */
  readonly restarted: (name: string, reason: string) => void;
  readonly clock?: Clock;
}

const BACKOFF = { initialMs: 200, maximumMs: 10_000 };
/** A process that ran for so long before it ended starts with the shortest pause again, milliseconds. */
const STEADY_MS = 30_000;
const START_ATTEMPTS = 3;
/** The exit code of our programs for a mistake in their settings: trying again does not help. */
const USAGE_EXIT_CODE = 2;
const STOP_MS = 25_000;

interface Exit {
  readonly code: number | null;
  readonly signalled?: boolean;
  readonly how: string;
}

export class SupervisedProcess<T> {
  readonly #spec: ProcessSpec<T>;
  readonly #world: ProcessWorld;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #loop: Promise<void> = Promise.resolve();
  /** Resolves when the process that was begun last is written down. */
  #registration: Promise<void> = Promise.resolve();
  #wasReady = false;

  constructor(spec: ProcessSpec<T>, world: ProcessWorld) {
    this.#spec = spec;
    this.#world = world;
    this.#clock = world.clock ?? systemClock;
  }

  get name(): string {
    return this.#spec.name;
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /**
   * Starts the process and resolves when it is ready and written down, so that a crash of ours right afterwards leaves
   * no process nobody knows of. Throws one sentence that says why it cannot be started.
   */
  async start(): Promise<T> {
    await mkdir(dirname(this.#spec.logFile), { recursive: true, mode: 0o700 });
    const waiting = new AbortController();
    const gaveUp = new Promise<never>((_resolve, reject) => {
      this.#loop = this.#keepRunning(reject);
    });
    try {
      const ready = this.#spec.ready(AbortSignal.any([waiting.signal, this.#stopping.signal]));
      const result = await Promise.race([ready, gaveUp]);
      await this.#registration;
      this.#wasReady = true;
      return result;
    } catch (thrown) {
      waiting.abort(new Error('the start was given up'));
      await this.stop();
      throw thrown;
    }
  }

  /** Asks the process to end, kills it if it takes too long, and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error(`${this.#spec.name} is being stopped`));
    this.#child?.kill(this.#spec.stopSignal);
    const deadline = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
    await this.#loop;
    clearTimeout(deadline);
  }

  async #keepRunning(giveUp: (failure: Error) => void): Promise<void> {
    let failures = 0;
    while (!this.#isStopping()) {
      const startedAt = this.#clock.now();
      const { exit, offset } = await this.#runOnce().catch((thrown: unknown) => ({
        exit: { code: null, how: toError(thrown).message },
        offset: Number.MAX_SAFE_INTEGER,
      }));
      if (this.#isStopping()) return;
      failures = this.#clock.now() - startedAt > STEADY_MS ? 1 : failures + 1;
      const reason = await this.#describe(exit, offset);
      if (!this.#wasReady && (failures >= START_ATTEMPTS || exit.code === USAGE_EXIT_CODE)) {
        giveUp(new Error(`${this.#spec.name} cannot start: ${reason}. Its log is ${this.#spec.logFile}.`));
        return;
      }
      this.#world.restarted(this.#spec.name, reason);
      await this.#clock.sleep(delayAfter(failures, BACKOFF), this.#stopping.signal).catch(() => undefined);
    }
  }

  async #runOnce(): Promise<{ exit: Exit; offset: number }> {
    const { file: log, offset } = await openLog(this.#spec.logFile);
    try {
      const { file, args, env, cwd } = this.#spec.command;
      const child = spawn(file, [...args], {
        stdio: ['ignore', log.fd, log.fd],
        // In a process group of its own: Ctrl-C in a terminal reaches the whole group of the foreground, and the order
        // in which things stop is ours.
        detached: true,
        ...(env ? { env } : {}),
        ...(cwd ? { cwd } : {}),
      });
      this.#child = child;
      const exited = new Promise<Exit>((resolve) => {
        child.once('error', (error) => {
          resolve({ code: null, how: toError(error).message });
        });
        child.once('exit', (code, signal) => {
          const signalled = signal !== null;
          resolve({ code, signalled, how: signalled ? `it was ended by ${signal}` : `it ended with ${String(code)}` });
        });
      });
      this.#registration = this.#register(child);
      await this.#registration;
      // A stop that came while the process was being made did not see it.
      if (this.#isStopping()) child.kill(this.#spec.stopSignal);
      const exit = await exited;
      this.#world.changed(this.#spec.name, undefined);
      await this.#world.files.remove(this.#spec.name);
      return { exit, offset };
    } finally {
      this.#child = undefined;
      await log.close();
    }
  }

  async #register(child: ChildProcess): Promise<void> {
    const identity = child.pid === undefined ? undefined : await identify(child.pid);
    if (!identity) return;
    const { name, stopSignal } = this.#spec;
    await this.#world.files.add({ ...identity, name, stopSignal });
    this.#world.changed(name, identity.pid);
  }

  async #describe(exit: Exit, offset: number): Promise<string> {
    // Who was killed did not say why; what it logged before has nothing to do with it.
    if (exit.signalled) return exit.how;
    const said = await reasonInLog(this.#spec.logFile, offset);
    return [exit.how, said].filter(Boolean).join(', ').replace(/\.+$/, '');
  }
}
