#!/usr/bin/env node
// Starts svcat. In a checkout it runs from the sources, which wants a Node that strips types; where the Node at hand is
// older, the one that the checkout has installed for itself is used. The published package has JavaScript in dist/.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);
const published = /[\\/]node_modules[\\/]/.test(here);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (published || major > 22 || (major === 22 && minor >= 19)) {
  await import(published ? '../../dist/cli/main.js' : '../main.ts');
} else {
  useOwnNode();
}

function useOwnNode() {
  const node = fileURLToPath(
    new URL(`../../node_modules/node-${process.platform}-${process.arch}/bin/node`, import.meta.url),
  );
  if (!existsSync(node)) {
    process.stderr.write(
      `svcat: this is Node ${process.versions.node}, and svcat needs 22.19 or later; run "npm start" or "npm ci" once, ` +
        'which brings one along\n',
    );
    process.exit(2);
  }
  const child = spawn(node, [here, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'])) {
    process.on(signal, () => {
      // A terminal has sent these to the child already.
      const fromTerminal = process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT');
      if (!fromTerminal) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0)));
}
