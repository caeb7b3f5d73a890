import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chooseKubeconfig } from '../../../cli/kubeconfig.ts';

let root: string;
let local: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'svcat-'));
  local = join(root, '.local', 'kubeconfig');
  mkdirSync(join(root, '.local'));
  mkdirSync(join(root, 'a', 'b'), { recursive: true });
  writeFileSync(local, '', { mode: 0o600 });
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

const inside = (): string => join(root, 'a', 'b');

test('an option wins over everything', () => {
  const choice = chooseKubeconfig({ kubeconfig: 'mine', context: 'c' }, { KUBECONFIG: 'theirs' }, inside());
  expect(choice).toEqual({ source: { kubeconfig: 'mine', context: 'c' } });
});

test('KUBECONFIG wins over the local stack', () => {
  const environment = { KUBECONFIG: 'theirs' };
  expect(chooseKubeconfig({}, environment, inside())).toEqual({ source: { environment } });
});

test("the local stack's is found in a folder above, with a remark", () => {
  const choice = chooseKubeconfig({}, {}, inside());
  expect(choice.source).toEqual({ kubeconfig: local });
  expect(choice.remark).toContain(local);
});

test("the local stack's is found where SERVICE_CATALOG_HOME says, and only there", () => {
  const environment = { SERVICE_CATALOG_HOME: join(root, '.local') };
  expect(chooseKubeconfig({}, environment, '/').source).toEqual({ kubeconfig: local });
  expect(chooseKubeconfig({}, { SERVICE_CATALOG_HOME: join(root, 'a') }, inside()).source).not.toHaveProperty(
    'kubeconfig',
  );
});

test('one that others could have written is not used, since it could name a program to run', () => {
  chmodSync(local, 0o666);
  expect(chooseKubeconfig({}, {}, inside())).toEqual({ source: { environment: {} } });
});
