import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { unpackOnce } from '../../../../local/servers/unpack.ts';

let cache: string;
let fills: number;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'unpack-'));
  fills = 0;
});
afterEach(() => {
  rmSync(cache, { recursive: true });
});

const folder = (): string => join(cache, 'thing');
function unpack(works: (at: string) => boolean = (at) => existsSync(join(at, 'program'))): Promise<void> {
  return unpackOnce({
    folder: folder(),
    what: 'the thing',
    fill: async (at) => {
      fills += 1;
      writeFileSync(join(at, 'program'), '');
    },
    works: async (at) => works(at),
  });
}

describe('something that is unpacked into the cache', () => {
  test('is unpacked once for all who ask at the same time, and leaves nothing else', async () => {
    await Promise.all([unpack(), unpack(), unpack()]);
    expect(fills).toBe(1);
    expect(readdirSync(cache)).toEqual(['thing']);
  });

  test('is done again when it was left half-done', async () => {
    mkdirSync(folder());
    writeFileSync(join(folder(), 'program'), '');
    await unpack();
    expect(fills).toBe(1);
  });

  test('takes away what a run that was killed left half-done', async () => {
    mkdirSync(`${folder()}.unfinished-abc`);
    await unpack();
    expect(readdirSync(cache)).toEqual(['thing']);
  });

  test('is done again when it does not work any more', async () => {
    await unpack();
    rmSync(join(folder(), 'program'));
    await unpack();
    expect(fills).toBe(2);
  });

  test('is not put into its place when it does not work', async () => {
    await expect(unpack(() => false)).rejects.toThrow('the thing was unpacked but does not run here');
    expect(readdirSync(cache)).toEqual([]);
  });
});
