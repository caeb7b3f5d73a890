import { appendFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * What a suite leaves for the last step of `npm test`, the search for leaked secrets (scripts/search-secrets.ts): the
 * secrets it has seen, and the logs and objects in which none of them may stand. Nothing is recorded when a suite is
 * run by itself.
 */
const folder = (): string | undefined => process.env['SC_TEST_EVIDENCE'];

/** Writes down a secret, so that it is searched for. `of` says what it is; it is printed when the secret is found. */
export async function recordSecret(value: string, of: string): Promise<void> {
  const root = folder();
  if (root === undefined) return;
  await appendFile(join(root, 'secrets.jsonl'), `${JSON.stringify({ value, of })}\n`, { mode: 0o600 });
}

/** Leaves a text to be searched, under a relative name that says where it is from. */
export async function recordText(name: string, text: string): Promise<void> {
  const root = folder();
  if (root === undefined) return;
  const file = join(root, 'searched', name);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, text, { mode: 0o600 });
}

/** Leaves a copy of a log file or of a folder of logs to be searched. */
export async function recordLogs(name: string, path: string): Promise<void> {
  const root = folder();
  if (root === undefined) return;
  await cp(path, join(root, 'searched', name), { recursive: true });
}

/**
 * Leaves the logs of a local stack, and writes down the secrets of its own: administrators' passwords, the broker's
 * login, keys. Before its folder is removed.
 */
export async function recordHome(name: string, home: string): Promise<void> {
  const secrets = join(home, 'secrets');
  for (const file of await readdir(secrets)) {
    await recordSecret((await readFile(join(secrets, file), 'utf8')).trim(), `${file} of stack ${name}`);
  }
  await recordLogs(name, join(home, 'logs'));
}
