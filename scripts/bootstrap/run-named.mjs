import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bootstrap, nodeFlags } from './bootstrap.mjs';
import { runInForeground } from './child.mjs';
import { root } from './paths.mjs';

/**
 * Runs the program `NAME.ts` of a folder, or says which there are; that is a mistake unless it was asked for.
 * @param {string} folder relative to the checkout
 * @param {string | undefined} name
 * @param {readonly string[]} args
 */
export async function runNamed(folder, name, args) {
  if (name === '--help' || name === '-h') {
    console.log(`${listOf(folder, namesIn(folder))}\n\nA name and --help: its flags.`);
    return 0;
  }
  const file = join(root, folder, `${name}.ts`);
  if (name === undefined || basename(name) !== name || !existsSync(file)) {
    const known = namesIn(folder);
    console.error(known.length === 0 ? `There is none in ${folder}/.` : `Say which:\n${listOf(folder, known)}`);
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
    .map((file) => basename(file, '.ts'))
    .toSorted();
}

/**
 * A line for each, with what it asks: the first comment of the file after its usage, up to the end of the question.
 * @param {string} folder
 * @param {readonly string[]} names
 */
function listOf(folder, names) {
  const width = Math.max(...names.map((name) => name.length));
  return names
    .map((name) => `  ${name.padEnd(width)}  ${questionOf(join(root, folder, `${name}.ts`))}`.trimEnd())
    .join('\n');
}

/** @param {string} file */
function questionOf(file) {
  const text = readFileSync(file, 'utf8').replaceAll(/\s+\*?\s*/g, ' ');
  return /^\/\*\* `[^`]*`: (?<question>[^?;/]+\??)/.exec(text)?.groups?.['question'] ?? '';
}
