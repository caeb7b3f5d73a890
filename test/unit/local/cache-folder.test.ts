import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { cacheFolder, firstUsableFolder } from '../../../local/cache-folder.ts';

test('the cache is where the environment says, else in the home; a relative path counts as none', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/c' }, '/home/me')).toBe('/c/service-catalog');
  expect(cacheFolder({ XDG_CACHE_HOME: 'c' }, '/home/me')).toBe('/home/me/.cache/service-catalog');
  expect(cacheFolder({}, '/home/me')).toBe('/home/me/.cache/service-catalog');
});

test('a home that is not there does not stop anything: the next folder is used', async () => {
  const root = mkdtempSync(join(tmpdir(), 'cache-'));
  try {
    writeFileSync(join(root, 'file'), '');
    const good = join(root, 'good', 'cache');
    expect(await firstUsableFolder([join(root, 'file', 'cache'), good])).toBe(good);
    await expect(firstUsableFolder([join(root, 'file', 'cache')])).rejects.toThrow(join(root, 'file', 'cache'));
  } finally {
    rmSync(root, { recursive: true });
  }
});
