import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

test('the committed types are what the CRDs say', async () => {
  const script = path.join(import.meta.dirname, '../../../scripts/generate.ts');
  const { stderr } = await promisify(execFile)(process.execPath, [script, '--check']);
  expect(stderr).toBe('');
}, 30_000);
