import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { errorCode, UsageError } from '../lib/runtime/errors.ts';

const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const;
/** Signals a terminal sends to every process in its foreground, the child included. */
const FROM_TERMINAL: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH']);

/**
 * Runs a program in this one's place: its terminal and files are ours, signals to us go to it, and the result is its
 * exit code, or 128 and the number of the signal that ended it, as a shell counts. Throws UsageError when there is no such program.
 */
export async function runInPlace(
  command: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: 'inherit', env: { ...environment } });
  const forward = (signal: NodeJS.Signals): void => {
    // Sent once more, a program that asks for a second Ctrl-C to be sure would see both at once.
    if (!(process.stdin.isTTY && FROM_TERMINAL.has(signal))) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => {
        reject(new UsageError(cannotRun(program, error)));
      });
      child.once('exit', (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

function cannotRun(program: string, error: Error): string {
  const code = errorCode(error);
  if (code === 'ENOENT') return `there is no program "${program}" on the PATH`;
  if (code === 'EACCES') return `"${program}" cannot be run: it is not executable`;
  return `"${program}" cannot be run (${code ?? error.message})`;
}
