import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './paths.mjs';

/**
 * Whether a Node of this version runs the sources as they are: TypeScript without a build, SQLite, the Kubernetes
 * client. 22.19 is the oldest; of 23 the first releases could not do it.
 * @param {string} version `v24.1.0`
 */
export function isRecentEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major === 22) return minor >= 19;
  if (major === 23) return minor >= 6;
  return major >= 24;
}

/**
 * The Node that runs the programs: the one that runs this script if it is recent enough, else the one that came with
 * the dependencies. Throws one sentence that says what to install when there is neither.
 */
export function findNode() {
  if (isRecentEnough(process.version)) return process.execPath;
  const bundled = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  try {
    const version = execFileSync(bundled, ['--version'], { encoding: 'utf8', timeout: 30_000 }).trim();
    if (isRecentEnough(version)) return bundled;
  } catch {
    // There is none for this machine, or it does not run here.
  }
  throw new Error(
    `Node 22.19 or newer is needed; this is ${process.version}, and the dependencies bring no Node that runs on ` +
      `this machine (${process.platform}, ${process.arch}). Install Node 24 from https://nodejs.org and try again.`,
  );
}
