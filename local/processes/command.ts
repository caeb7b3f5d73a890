import { spawn } from 'node:child_process';
import { toError } from '../../lib/runtime/errors.ts';
import { endGroup } from './process-group.ts';

/** A program to start: never through a shell, never with a secret among `args` (they are visible to everybody). */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment; that of this process when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface RunOptions {
  /** The command and all it started are killed after this, milliseconds; 60 s when absent. */
  readonly timeoutMs?: number;
  /** Written to its standard input; empty when absent. */
  readonly input?: string;
  /** Kills the command and all it started. */
  readonly signal?: AbortSignal | undefined;
  /** Told the number of the process, which leads a process group of its own, as soon as it is there. */
  readonly started?: (pid: number) => Promise<void>;
}

/** More output than this is cut from the front: the end of it says what went wrong. */
const OUTPUT_LIMIT = 256 * 1024;

/** A command that did not end with 0. The message has the last lines it printed. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number | undefined;
  readonly output: string;

  constructor(message: string, exitCode: number | undefined, output: string, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
    this.output = output;
  }
}

/**
 * Runs a command to its end and returns what it printed on both streams.
 * Throws {@link CommandError} when it cannot be started, takes too long or ends with anything but 0, and the signal's
 * reason when that ended it. Whatever it had started itself is gone when this throws.
 */
export async function run(command: Command, options: RunOptions = {}): Promise<string> {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  signal.throwIfAborted();
  const child = spawn(command.file, [...command.args], {
    ...(command.env ? { env: command.env } : {}),
    ...(command.cwd ? { cwd: command.cwd } : {}),
    stdio: ['pipe', 'pipe', 'pipe'],
    // In a process group of its own, to be ended with all it starts: initdb and its like run servers.
    detached: true,
  });
  let output = '';
  const collect = (chunk: string): void => {
    output = (output + chunk).slice(-OUTPUT_LIMIT);
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  // A command that ends before it has read its input breaks the pipe; its exit code says what matters.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');

  const ending = new Promise<Ending>((resolve) => {
    child.once('error', (failure) => {
      resolve({ code: null, by: null, failure: toError(failure) });
    });
    child.once('close', (code, by) => {
      resolve({ code, by });
    });
    const interrupted = (): void => {
      resolve({ code: null, by: null });
    };
    signal.addEventListener('abort', interrupted, { once: true });
    child.once('close', () => {
      signal.removeEventListener('abort', interrupted);
    });
  });
  let ended: Ending = { code: null, by: null };
  try {
    if (child.pid !== undefined) await options.started?.(child.pid);
    ended = await ending;
  } finally {
    if (child.pid !== undefined && ended.code !== 0) await endGroup(child.pid);
  }
  if (ended.code === 0) return output;
  options.signal?.throwIfAborted();
  const how = timeout.aborted
    ? `took longer than ${timeoutMs / 1000} s`
    : (ended.failure?.message ?? (ended.by ? `was ended by ${ended.by}` : `ended with ${String(ended.code)}`));
  throw new CommandError(
    [`${command.file} ${how}`, lastLines(output)].filter(Boolean).join(': '),
    ended.code ?? undefined,
    output,
    ended.failure,
  );
}

interface Ending {
  readonly code: number | null;
  readonly by: string | null;
  readonly failure?: Error;
}

/** The last lines of a program's output, on one line, short enough for a sentence. */
export function lastLines(output: string, count = 3): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return lines.slice(-count).join(' | ').slice(-600);
}
