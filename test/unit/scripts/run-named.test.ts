import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';

jest.setTimeout(60_000);

const ROOT = join(import.meta.dirname, '../../..');

const FOLDERS = [
  ['bench', 'bench'],
  ['soak', 'test/soak'],
] as const;

function run(...[script, ...args]: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(ROOT, 'scripts', `${script}.mjs`), ...args], { encoding: 'utf8' });
}

function namesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.ts'));
}

test.each(FOLDERS)('npm run %s without a name says in a line each what there is', (script, folder) => {
  const { status, stderr } = run(script);
  expect(status).toBe(2);
  const lines = stderr.trimEnd().split('\n').slice(1);
  const names = namesIn(folder);
  expect(lines).toHaveLength(names.length);
  for (const [index, name] of names.toSorted().entries()) {
    expect(lines[index]).toMatch(new RegExp(`^ {2}${basename(name, '.ts')} +\\S+ .{20,130}$`));
  }
});

test.each(FOLDERS)('npm run %s -- --help says the same, and is no mistake', (script, folder) => {
  const { status, stdout, stderr } = run(script, '--help');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  for (const name of namesIn(folder)) expect(stdout).toMatch(new RegExp(`^ {2}${basename(name, '.ts')} `, 'm'));
});

describe.each(FOLDERS.flatMap(([script, folder]) => namesIn(folder).map((name) => [script, basename(name, '.ts')])))(
  'npm run %s -- %s',
  (script, name) => {
    test('lists its flags when it is asked for help', () => {
      const { status, stdout, stderr } = run(script, name, '--help');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^Usage: npm run ${script} -- ${name} \\[flags\\]\n`));
      expect(stdout).toMatch(/^ {2}--\w+ N\S* +\S+/m);
    });
  },
);

test.each([
  ['a flag that is none', ['bench', 'broker', '--nonsense'], "Unknown option '--nonsense'; --help lists the flags"],
  ['a number that is none', ['soak', 'kill', '--kills', 'x'], '--kills must be a number from 1 to 100000, not "x"'],
])('%s ends it with one line', (_, command, message) => {
  const [script, name] = command;
  expect(run(...command)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: `npm run ${script} -- ${name}: ${message}\n`,
  });
});
