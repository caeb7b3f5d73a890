import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../local/processes/command.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

describe('the package, installed elsewhere', () => {
  let folder: string;
  let packed: Packed;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'service-catalog-package-'));
    const npm = (args: readonly string[], cwd: string) =>
      run({ file: 'npm', args: [...args, '--loglevel=error'], cwd }, { timeoutMs: 240_000 });
    const printed = await npm(['pack', '--json', '--pack-destination', folder], CHECKOUT);
    // Before it there is what the build printed.
    const [first] = JSON.parse(printed.slice(printed.search(/^\[$/m))) as Packed[];
    if (first === undefined) throw new Error('npm pack made nothing');
    packed = first;
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    const flags = ['--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await npm(['install', ...flags, join(folder, packed.filename)], folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const command = (name: string, ...args: readonly string[]): Promise<string> =>
    run({ file: process.execPath, args: [join(folder, 'node_modules', '.bin', name), ...args], cwd: folder });

  test('has JavaScript, what it reads, and nothing else', () => {
    const folders = new Set(packed.files.map(({ path }) => path.split('/')[0]));
    expect([...folders].toSorted()).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.ko.md',
        'README.md',
        'bin',
        'cli',
        'crds',
        'dist',
        'examples',
        'package.json',
      ].filter((name) => name !== 'README.ko.md' || folders.has(name)),
    );
    expect(packed.files.filter(({ path }) => path.endsWith('.ts'))).toEqual([]);
    expect(packed.files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['dist/broker/store/migrations/000001-instances-bindings-operations.sql']),
    );
  });

  test('runs svcat and every program', async () => {
    expect(await command('svcat', '--help')).toContain('Usage: svcat');
    for (const [program, flag] of [
      ['broker', '--config'],
      ['controller', '--kubeconfig'],
      ['apiserver', '--data-dir'],
    ] as const) {
      expect(await command('service-catalog', program, '--help')).toContain(flag);
    }
  });

  test('says its version', async () => {
    const { version } = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8')) as { version: string };
    expect(await command('service-catalog', '--version')).toBe(`${version}\n`);
  });
});
