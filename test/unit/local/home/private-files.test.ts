import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ensureSecretFile } from '../../../../local/home/private-files.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'private-files-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

test('an empty secret is made anew while nothing depends on it', async () => {
  const file = join(root, 'password');
  writeFileSync(file, '\n');
  expect(await ensureSecretFile(file, () => 'new', join(root, 'data'))).toBe('new');
  expect(readFileSync(file, 'utf8')).toBe('new\n');
});

test('a lost secret that data depends on is told at once, with the file and what to do', async () => {
  const file = join(root, 'secrets', 'password');
  await expect(ensureSecretFile(file, () => 'new', root)).rejects.toThrow(`${file} is not there any more`);
  const empty = join(root, 'empty');
  writeFileSync(empty, '');
  await expect(ensureSecretFile(empty, () => 'new', root)).rejects.toThrow('Put its content back from a backup');
  expect(readFileSync(empty, 'utf8')).toBe('');
});
