import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../..');

test.each([
  ['bench', 'bench'],
  ['soak', 'test/soak'],
])('npm run %s without a name says in a line each what there is', (script, folder) => {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts', `${script}.mjs`)], {
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  const lines = stderr.trimEnd().split('\n').slice(1);
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.ts'));
  expect(lines).toHaveLength(names.length);
  for (const [index, name] of names.toSorted().entries()) {
    expect(lines[index]).toMatch(new RegExp(`^ {2}${basename(name, '.ts')} +\\S+ .{20,130}$`));
  }
});
