import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bootstrap, nodeFlags } from './bootstrap.mjs';
import { runInForeground } from './child.mjs';
import { root } from './paths.mjs';

/**
 * Runs the program `NAME.ts` of a folder, or says which there are.
 * @param {string} folder relative to the checkout
 * @param {string | undefined} name
 * @param {readonly string[]} args
 */
export async function runNamed(folder, name, args) {
  const file = join(root, folder, `${name}.ts`);
  if (name === undefined || basename(name) !== name || !existsSync(file)) {
    console.error(`Say which: ${namesIn(folder).join(', ') || `there is none in ${folder}/`}.`);
    return 2;
  }
  return runInForeground(await bootstrap(), [...nodeFlags, file, ...args]);
}

/** @param {string} folder */
export function namesIn(folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'));
}
