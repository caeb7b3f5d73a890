// What the commands of this package have in common: how a program of it is found and started.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);

/** As the user typed it; a command may take its subcommand out of `process.argv`. */
const [, ...commandLine] = process.argv;

/**
 * Runs a program of this package in this process; it reads its flags from `process.argv.slice(2)`. A checkout runs
 * the sources, which wants a Node that strips types: where the Node at hand is older, the one that the checkout has
 * installed for itself takes over. The published package and the image have JavaScript in dist/.
 * @param {string} command what the user typed, for messages
 * @param {string} module such as `cli/main`
 */
export async function launch(command, module) {
  const source = new URL(`${module}.ts`, root);
  if (!existsSync(source)) {
    requireNode(command);
    await import(new URL(`dist/${module}.js`, root).href);
  } else if (isRecentEnough()) {
    await import(source.href);
  } else {
    useOwnNode(command);
  }
}

function isRecentEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 19);
}

/** @param {string} command */
function requireNode(command) {
  if (isRecentEnough()) return;
  process.stderr.write(`${command}: this is Node ${process.versions.node}, and ${command} needs 22.19 or later\n`);
  process.exit(2);
}

/** @param {string} command */
function useOwnNode(command) {
  const node = fileURLToPath(new URL(`node_modules/node-${process.platform}-${process.arch}/bin/node`, root));
  if (!existsSync(node)) {
    process.stderr.write(
      `${command}: this is Node ${process.versions.node}, and ${command} needs 22.19 or later; run "npm start" or ` +
        '"npm ci" once, which brings one along\n',
    );
    process.exit(2);
  }
  const child = spawn(node, commandLine, { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'])) {
    process.on(signal, () => {
      // A terminal has sent these to the child already.
      const fromTerminal = process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT');
      if (!fromTerminal) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0)));
}
