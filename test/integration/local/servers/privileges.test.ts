import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { run } from '../../../../local/processes/command.ts';
import { serverPrivileges, unchanged } from '../../../../local/servers/privileges.ts';

const isRoot = process.getuid?.() === 0;
let folder: string;
beforeEach(() => {
  // Only its owner may enter it, like a clone below /root.
  folder = mkdtempSync(join(tmpdir(), 'privileges-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('an ordinary user starts servers as they are', async () => {
  expect(await serverPrivileges('/bin/sh', { uid: 1000, hasAccount: true })).toBe(unchanged);
});

test('a user without an account starts servers as one, or is told why that cannot be', async () => {
  const found = await serverPrivileges('/bin/sh', { uid: 54_321, hasAccount: false }).catch(
    (thrown: unknown) => thrown,
  );
  if (found instanceof Error) expect(found.message).toContain('54321');
  else expect(found).toMatchObject({ how: 'user-namespace' });
});

describe('whoever runs this', () => {
  test('starts servers that are not root, that reach their files, and that can write to what was handed to them', async () => {
    const data = join(folder, 'data');
    mkdirSync(join(data, 'below'), { recursive: true, mode: 0o700 });
    writeFileSync(join(data, 'below', 'file'), 'kept');
    const privileges = await serverPrivileges('/bin/sh');
    await privileges.own(data);
    const script = 'id -u; cat "$1/below/file"; echo more > "$1/new"';
    const output = await run(privileges.wrap({ file: '/bin/sh', args: ['-c', script, 'sh', data] }));
    const [uid] = output.split('\n');
    expect(uid).not.toBe('0');
    expect(output).toContain('kept');
    expect(privileges.how === 'unchanged').toBe(!isRoot);
    expect(statSync(join(data, 'new')).uid).toBe(statSync(data).uid);
  });
});
