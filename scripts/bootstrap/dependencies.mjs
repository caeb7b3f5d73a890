import { createHash } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runInForeground } from './child.mjs';
import { isInstalled, writeStamp } from './installed.mjs';

/** An install by somebody else in the same checkout is waited for so long, milliseconds. */
const OTHER_INSTALL_MS = 15 * 60_000;

/**
 * Installs the dependencies when they are absent, half there or of another lock file; does nothing, and needs no
 * network, when they are there.
 * @param {string} root the checkout
 */
export async function ensureDependencies(root) {
  if (isInstalled(root)) return;
  await whileHolding(lockFile(root), async () => {
    if (isInstalled(root)) return;
    console.error('Installing the dependencies (npm ci); this happens once and after updates.');
    const started = Date.now();
    const [file, ...args] = npm();
    const code = await runInForeground(file, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
    });
    if (code !== 0) {
      throw new Error(
        `The dependencies could not be installed: "npm ci" ended with ${code}. Its reason is above; without a ` +
          'network it can only work from npm’s cache.',
      );
    }
    writeStamp(root);
    console.error(`The dependencies are installed (${Math.round((Date.now() - started) / 1000)} s).`);
  });
}

/** The npm that started us, else the one on the PATH. @returns {[string, ...string[]]} */
function npm() {
  const running = process.env.npm_execpath;
  return running && /\bnpm-cli\.c?js$/.test(running) ? [process.execPath, running] : ['npm'];
}

/** Not in node_modules, which npm removes, and not in the checkout, which is the user's. @param {string} root */
function lockFile(root) {
  const user = process.getuid?.() ?? 0;
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  return join(tmpdir(), `service-catalog-install-${user}-${name}.lock`);
}

/** @param {string} file @param {() => Promise<void>} work */
async function whileHolding(file, work) {
  const deadline = Date.now() + OTHER_INSTALL_MS;
  let said = false;
  while (!take(file)) {
    if (!said) console.error('Waiting for another process that installs the dependencies of this checkout.');
    said = true;
    if (Date.now() > deadline) throw new Error(`Another install takes too long; if there is none, remove ${file}.`);
    await sleep(500);
  }
  try {
    await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * Makes the lock file with this process's number in it, in one step, or returns false while its owner is alive.
 * @param {string} file
 */
function take(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid), { mode: 0o600 });
  try {
    if (isAbandoned(file)) rmSync(file, { force: true });
    linkSync(own, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** @param {string} file */
function isAbandoned(file) {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}
