import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { toError, UsageError } from '../lib/runtime/errors.ts';
import { createProgress } from './progress.ts';
import { readSettings, USAGE } from './settings.ts';
import type { Settings } from './settings.ts';
import { Stack } from './stack.ts';

/** npm start: everything on this machine, until it is told to stop. */
const checkout = dirname(import.meta.dirname);

if (process.argv.includes('--help')) {
  console.log(USAGE);
  process.exit(0);
}

const progress = createProgress(process.stdout, process.env);
// Who reads our output may be gone (a closed terminal, `| head`); that is no reason to leave processes behind.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

let stack: Stack | undefined;
let stopping = false;

/** Stops everything and ends with `exitCode`. The second and later reasons to stop change nothing. */
async function stop(reason: string, exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  progress.end();
  if (exitCode === 0) progress.line(`${reason}, stopping`);
  await stack?.stop();
  if (exitCode === 0) progress.line('stopped');
  process.exit(exitCode);
}

/** One sentence; what is behind it is in the logs. */
async function fail(thrown: unknown): Promise<void> {
  // The start was interrupted by a stop: whoever asked for that knows.
  if (stopping) return;
  progress.end();
  console.error(toError(thrown).message);
  await stop('failed', thrown instanceof UsageError ? 2 : 1);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // A terminal sends Ctrl-C to us and to npm, which hands it on: it comes more than once.
  process.on(signal, () => void stop(signal, 0));
}
// npm, or the script that started us, was killed.
if (process.connected) process.once('disconnect', () => void stop('the process that started this is gone', 0));
process.on('uncaughtException', (thrown) => void fail(thrown));
process.on('unhandledRejection', (thrown) => void fail(thrown));

try {
  const settings: Settings = readSettings(process.argv.slice(2), process.env, {
    checkout,
    workingDirectory: process.cwd(),
    userHome: homedir(),
  });
  stack = new Stack({ settings, environment: process.env, checkout, progress });
  await stack.start();
} catch (thrown) {
  await fail(thrown);
}
