import { createTerminal } from './terminal.ts';
import { run } from './program.ts';

/** svcat: looks at the catalog's objects, says why something is not ready, and hands credentials to programs. */
const terminal = createTerminal(process.stdin, process.stdout, process.stderr);
process.exitCode = await run(process.argv.slice(2), {
  terminal,
  environment: process.env,
  folder: process.cwd(),
});
