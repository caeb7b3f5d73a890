import { ensureDependencies } from './dependencies.mjs';
import { findNode } from './find-node.mjs';
import { root } from './paths.mjs';

/** Warnings about features of Node that we use on purpose (type stripping, SQLite) say nothing to a user. */
export const nodeFlags = ['--disable-warning=ExperimentalWarning'];

/**
 * What `npm start`, `npm test` and the like do first on a machine that may have nothing but npm and some Node: installs
 * the dependencies if needed and finds the Node that runs the rest.
 * @returns {Promise<string>} that Node
 */
export async function bootstrap() {
  await ensureDependencies(root);
  return findNode();
}

/**
 * Runs a script's body: its number is the exit code, and an error is one sentence on standard error.
 * @param {() => Promise<number>} body
 */
export async function main(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
