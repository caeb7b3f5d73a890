import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const script = join(import.meta.dirname, '..', '..', '..', 'scripts', 'search-secrets.ts');
const secret = { value: 'aB3xY9kLm2Qw', of: 'password of alice' };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'search-secrets-'));
  mkdirSync(join(folder, 'searched', 'stack', 'logs'), { recursive: true });
  writeFileSync(join(folder, 'secrets.jsonl'), JSON.stringify(secret));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function search(): { status: number | null; output: string } {
  const flags = ['--disable-warning=ExperimentalWarning', script, folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

test('the search fails on a leak, and says where and what it is without repeating it', () => {
  writeFileSync(join(folder, 'searched', 'stack', 'logs', 'broker.log'), `fine\n{"uri":"x://a:${secret.value}@h"}\n`);
  const { status, output } = search();
  expect(status).toBe(1);
  expect(output).toContain('LEAK: stack/logs/broker.log, line 2, has password of alice');
  expect(output).not.toContain(secret.value);
});

test('the search passes where nothing leaked', () => {
  writeFileSync(join(folder, 'searched', 'stack', 'logs', 'broker.log'), 'all is well\n');
  expect(search()).toEqual({ status: 0, output: 'searched 1 files (0.0 MB) for 1 secrets: 0 found\n' });
});

test('the search fails when there is nothing to search', () => {
  expect(search().status).toBe(1);
  writeFileSync(join(folder, 'searched', 'broker.log'), 'all is well\n');
  writeFileSync(join(folder, 'secrets.jsonl'), '');
  expect(search().status).toBe(1);
});
