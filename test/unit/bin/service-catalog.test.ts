import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, jest, test } from '@jest/globals';

// Four programs are loaded.
jest.setTimeout(60_000);

const COMMAND = join(import.meta.dirname, '../../../bin/service-catalog.js');

async function helpOf(...program: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [COMMAND, ...program, '--help'])).stdout;
}

test('the help of each program says how it is started', async () => {
  const programs = ['broker', 'controller', 'webhook', 'apiserver'];
  const helps = await Promise.all(programs.map((program) => helpOf(program)));
  const firstWords = helps.map((help) => help.split(' ').slice(0, 3).join(' '));
  expect(firstWords).toEqual(programs.map((program) => `Usage: service-catalog ${program}`));
});
