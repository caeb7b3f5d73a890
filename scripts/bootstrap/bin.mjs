import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

/**
 * The script behind a command of a dependency, to be run by the Node that was found: a command on the PATH would run
 * under whatever Node is there.
 * @param {string} packageName
 * @param {string} [command] the package's name when absent
 */
export function binOf(packageName, command = packageName) {
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}
