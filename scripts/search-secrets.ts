/**
 * The last step of `npm test`: no password that was generated during the run may stand in a log, an Event, a status or
 * any other object but a Secret. Reads the evidence folder that the suites filled (see test/support/evidence.ts).
 * Ends with 1 when a secret is found, and when there was nothing to search: a search that sees nothing proves nothing.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { findSecrets, parseSecrets } from './secret-search/find-secrets.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node scripts/search-secrets.ts FOLDER');
  process.exit(2);
}

const secretsText = await readFile(join(folder, 'secrets.jsonl'), 'utf8').catch(() => '');
const secrets = parseSecrets(secretsText);
const searched = join(folder, 'searched');
const entries = await readdir(searched, { withFileTypes: true, recursive: true }).catch(() => []);
const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

let bytes = 0;
let leaks = 0;
for (const file of files) {
  const text = await readFile(file, 'utf8');
  bytes += text.length;
  for (const leak of findSecrets(text, secrets)) {
    leaks += 1;
    // The secret itself is not repeated: this output is a log too.
    console.error(
      `LEAK: ${relative(searched, file)}, line ${leak.line}, has ${leak.of}${leak.encoded ? ', encoded' : ''}`,
    );
  }
}

const megabytes = (bytes / 1024 / 1024).toFixed(1);
console.log(`searched ${files.length} files (${megabytes} MB) for ${secrets.length} secrets: ${leaks} found`);
if (secrets.length === 0 || bytes === 0) {
  console.error('There was nothing to search: no suite recorded its secrets and logs, so this proves nothing.');
  process.exit(1);
}
process.exit(leaks === 0 ? 0 : 1);
