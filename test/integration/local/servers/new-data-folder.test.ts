import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { identify } from '../../../../local/processes/identity.ts';
import { makeDataFolder } from '../../../../local/servers/new-data-folder.ts';

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'data-folder-'));
});
afterEach(() => {
  rmSync(parent, { recursive: true });
});

describe('a new data folder', () => {
  test('is filled by programs and is alone at its place', async () => {
    await makeDataFolder(join(parent, 'db'), async (folder, runFiller) => {
      await runFiller({ file: 'sh', args: ['-c', 'echo 18 > "$1/VERSION"', 'sh', folder] }, {});
    });
    expect(readFileSync(join(parent, 'db', 'VERSION'), 'utf8')).toBe('18\n');
    expect(readdirSync(parent)).toEqual(['db']);
  });

  test('that cannot be filled leaves nothing, no password beside it either', async () => {
    const making = makeDataFolder(join(parent, 'db'), async (folder, runFiller) => {
      writeFileSync(`${folder}.password`, 'secret');
      await runFiller({ file: 'sh', args: ['-c', 'exit 1'] }, {});
    });
    await expect(making).rejects.toThrow('ended with 1');
    expect(readdirSync(parent)).toEqual([]);
  });

  test('ends what an earlier, killed try left running, and never uses its folder again', async () => {
    const left = join(parent, 'db.unfinished-abc');
    mkdirSync(left);
    const filler = spawn('sh', ['-c', 'sleep 300'], { stdio: 'ignore', detached: true });
    writeFileSync(`${left}.filler.json`, JSON.stringify(await identify(filler.pid!)));
    let used = '';
    await makeDataFolder(join(parent, 'db'), async (folder) => {
      used = folder;
      expect(await identify(filler.pid!)).toBeUndefined();
      expect(existsSync(left)).toBe(false);
    });
    expect(used).not.toBe(left);
    expect(readdirSync(parent)).toEqual(['db']);
  });
});
