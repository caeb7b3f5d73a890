import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createCertificateAuthority } from '../../../../lib/runtime/tls.ts';
import { startTestApiServer } from '../../../support/api-server.ts';
import type { TestApiServer } from '../../../support/api-server.ts';
import { Programs } from '../../../support/programs.ts';
import type { Program } from '../../../support/programs.ts';
import { eventually } from '../../../support/wait.ts';

jest.setTimeout(60_000);

let api: TestApiServer;
let folder: string;
const programs = new Programs();

beforeAll(async () => {
  api = await startTestApiServer();
  folder = await mkdtemp(join(tmpdir(), 'service-catalog-webhook-'));
  for (const name of ['one', 'other']) {
    const { certificate, privateKey } = await createCertificateAuthority(name);
    await writeFile(join(folder, `${name}.crt`), certificate);
    await writeFile(join(folder, `${name}.key`), privateKey, { mode: 0o600 });
  }
});
afterAll(async () => {
  await programs.stop();
  await rm(folder, { recursive: true, force: true });
  await api.stop();
});

function start(cert: string, key: string, ...flags: string[]): Program {
  const files = ['--tls-cert-file', join(folder, cert), '--tls-key-file', join(folder, key)];
  const where = ['--listen', '127.0.0.1:0', '--health-listen', '127.0.0.1:0', '--kubeconfig', api.kubeconfigFile];
  return programs.start('catalog-controller/webhook/main.ts', [...files, ...where, ...flags]);
}

describe('the program', () => {
  test('says where it listens, is ready, answers for a while when it is told to stop, and ends with 0', async () => {
    const program = start('one.crt', 'one.key', '--shutdown-delay', '3s');
    const started = await program.says(/"health":"([^"]+)".*"msg":"started"/);
    await eventually('the program to be ready', async () => (await fetch(`${started}/readyz`)).ok);
    const ended = program.end('SIGTERM');
    await program.says(/"msg":"stopping"/);
    expect((await fetch(`${started}/healthz`)).ok).toBe(true);
    expect(await ended).toBe(0);
  });

  test.each([
    ['a flag that is none', ['one.crt', 'one.key', '--nonsense'], /^catalog-webhook: Unknown option '--nonsense'/],
    ['a file that is not there', ['none.crt', 'one.key'], /--tls-cert-file \S+none.crt cannot be read \(ENOENT\)/],
    ['a key that is no certificate', ['one.key', 'one.key'], /does not begin with a certificate in PEM/],
    ['the key of another certificate', ['one.crt', 'other.key'], /other.key is not the private key, in PEM, of/],
    ['a kubeconfig that is not there', ['one.crt', 'one.key', '--kubeconfig', '/nowhere'], /\/nowhere/],
  ] as const)('refuses %s with one sentence and exit code 2', async (_what, [cert, key, ...flags], sentence) => {
    const { ended, log } = start(cert, key, ...flags);
    expect([await ended, log()]).toEqual([2, expect.stringMatching(sentence)]);
    expect(log()).not.toContain('PRIVATE KEY');
  });
});
