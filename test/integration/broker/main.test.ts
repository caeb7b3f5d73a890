import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { stringify } from 'yaml';
import { createCertificateAuthority, issueCertificate } from '../../../lib/runtime/tls.ts';
import { createStoreDatabase, testServers } from '../../support/servers.ts';
import type { StoreDatabase } from '../../support/servers.ts';
import { newId } from './support/broker.ts';
import { OsbApi } from './support/osb-api.ts';

jest.setTimeout(60_000);

const MAIN = join(import.meta.dirname, '../../../broker/main.ts');

let folder: string;
let store: StoreDatabase;
let configFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'broker-main-'));
  store = await createStoreDatabase();
  const { host, port, username, password } = (await testServers()).postgres;
  const secrets = {
    platform: 'platform-password',
    store: store.password,
    admin: password,
    key: Buffer.alloc(32, 9).toString('base64'),
  };
  for (const [name, secret] of Object.entries(secrets)) await writeFile(join(folder, name), `${secret}\n`);
  configFile = join(folder, 'broker.yaml');
  await writeFile(
    configFile,
    stringify({
      listen: { host: '127.0.0.1', port: 0 },
      auth: [{ username: 'catalog', passwordFile: 'platform' }],
      store: { url: store.url, passwordFile: 'store' },
      encryption: { keys: [{ label: 'k1', keyFile: 'key' }] },
      servers: [
        {
          name: 'postgres-1',
          engine: 'postgresql',
          serves: ['18'],
          admin: { host, port, username, passwordFile: 'admin' },
          advertise: { host, port },
        },
      ],
    }),
  );
});
afterAll(async () => {
  await store.drop();
  await rm(folder, { recursive: true });
});

/** Runs the program to its end. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [MAIN, ...args])) };
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

test('--check says that there are no mistakes, or lists them for a person and ends with 2', async () => {
  expect(await run('--config', configFile, '--check')).toMatchObject({
    code: 0,
    stdout: `${configFile} has no mistakes.\n`,
  });
  const broken = join(folder, 'broken.yaml');
  await writeFile(
    broken,
    (await readFile(configFile, 'utf8')).replace('port: 0', 'port: zero').replace('auth:', 'oauth:'),
  );
  const checked = await run('--config', broken, '--check');
  expect(checked.code).toBe(2);
  expect(checked.stderr).toContain(`${broken}:3:9: listen.port: must be a whole number from 0 to 65535`);
  expect(checked.stderr).toContain('oauth: is not known');
  const nothing = await run();
  expect(nothing.code).toBe(2);
  expect(nothing.stderr).toContain('--config is missing');
  expect((await run('--conf', 'x')).code).toBe(2);
});

test('--check finds a key that is not that of the certificate', async () => {
  const authority = await createCertificateAuthority('authority');
  const request = { commonName: 'broker', dnsNames: ['localhost'], ipAddresses: [], server: true, days: 1 };
  const [one, other] = [await issueCertificate(authority, request), await issueCertificate(authority, request)];
  await writeFile(join(folder, 'tls.crt'), one.certificate);
  await writeFile(join(folder, 'tls.key'), other.privateKey);
  const file = join(folder, 'tls.yaml');
  const plain = await readFile(configFile, 'utf8');
  await writeFile(file, plain.replace('port: 0', 'port: 0\n  tls: { certFile: tls.crt, keyFile: tls.key }'));
  const checked = await run('--config', file, '--check');
  expect(checked.code).toBe(2);
  expect(checked.stderr).toContain(`listen.tls.keyFile ${join(folder, 'tls.key')} is not the private key`);
});

test('the program serves, stops when told to, and never logs a credential', async () => {
  const child = spawn(process.execPath, [MAIN, '--config', configFile], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const url = await new Promise<string>((resolve) => {
    let listening = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      const entry = JSON.parse(line) as { msg: string; url?: string };
      listening = entry.url ?? listening;
      if (entry.msg === 'store open') resolve(listening);
    });
  });
  const api = new OsbApi(url, 'catalog', 'platform-password');
  const id = newId();
  await api.provisioned(id);
  const credentials = await api.credentials(id, `${id}-b`);
  expect((await api.bind(id, 'x', { parameters: { access: credentials.password } })).status).toBe(400);
  await api.deprovisioned(id);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  const log = lines.join('\n');
  expect(log).toContain(id);
  for (const secret of [
    credentials.password,
    'platform-password',
    store.password,
    (await testServers()).postgres.password,
  ]) {
    expect(log).not.toContain(secret);
  }
});
