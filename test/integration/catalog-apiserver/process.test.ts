import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createCertificateAuthority, issueCertificate } from '../../../lib/runtime/tls.ts';
import type { CertifiedKey } from '../../../lib/runtime/tls.ts';
import { ApiRequests } from '../../support/api-requests.ts';
import { issueUser } from '../../support/issue-user.ts';
import { Programs } from '../../support/programs.ts';
import type { Program } from '../../support/programs.ts';
import { run } from '../../support/run.ts';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = 'catalog-apiserver/main.ts';
const NODE = ['--disable-warning=ExperimentalWarning', join(ROOT, MAIN)];

/** The program as it is started, on files. */
describe('the process', () => {
  let folder: string;
  let authority: CertifiedKey;
  let admin: CertifiedKey;
  let api: ApiRequests | undefined;
  const programs = new Programs();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'apiserver-process-'));
    authority = await createCertificateAuthority('test authority');
    admin = await issueUser(authority, 'admin', 'system:masters');
    const server = await issueCertificate(authority, {
      commonName: 'apiserver',
      ipAddresses: ['127.0.0.1'],
      server: true,
      days: 1,
    });
    await writeFile(join(folder, 'ca.crt'), authority.certificate);
    await writeFile(join(folder, 'server.crt'), server.certificate);
    await writeFile(join(folder, 'server.key'), server.privateKey, { mode: 0o600 });
  });

  afterEach(async () => {
    api?.close();
    await programs.stop();
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const flags = (data: string): string[] => [
    ...['--data-dir', join(folder, data), '--listen', '127.0.0.1:0', '--crds-dir', join(ROOT, 'crds')],
    ...['--tls-cert-file', join(folder, 'server.crt'), '--tls-private-key-file', join(folder, 'server.key')],
    ...['--client-ca-file', join(folder, 'ca.crt')],
  ];

  /** Starts it and reads from its log where it listens. */
  async function start(data: string): Promise<{ readonly server: Program; readonly client: ApiRequests }> {
    const server = programs.start(MAIN, flags(data));
    const url = await server.says(/"url":"([^"]+)"/u);
    api?.close();
    api = new ApiRequests({ url, ca: authority.certificate, identity: admin });
    return { server, client: api };
  }

  test('loses no write it has answered when it is killed, whenever that is', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    const answered = new Map<string, string>();
    let { server, client } = await start('killed');
    for (let round = 0; round < 2; round++) {
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let number = 0; ; number++) {
          const name = `r${round}-w${writer}-n${number}`;
          const answer = await client.post(path, { metadata: { name }, data: { a: 'x'.repeat(500) } });
          if (answer.status === 201) answered.set(name, answer.body.metadata.resourceVersion);
        }
      });
      const before = answered.size;
      while (answered.size < before + 60) await new Promise((resolve) => setImmediate(resolve));
      await server.end('SIGKILL');
      // Their connections end with the server; that is how they stop.
      await Promise.allSettled(writers);
      ({ server, client } = await start('killed'));
      const { body } = await client.get(path);
      const stored = new Map(body.items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
      for (const [name, version] of answered) expect([name, stored.get(name)]).toEqual([name, version]);
      const versions = body.items.map(({ metadata }) => Number(metadata.resourceVersion));
      versions.sort((left, right) => left - right);
      expect(versions.at(-1)! - versions[0]! + 1).toBe(versions.length);
    }
    // A watcher goes on after the restarts where it was before.
    const first = Math.min(...[...answered.values()].map(Number));
    const events = client.watch(`${path}?watch=true&resourceVersion=${first}`);
    expect((await events.next()).value).toMatchObject({
      type: 'ADDED',
      object: { metadata: { resourceVersion: String(first + 1) } },
    });
    await events.return();
  }, 60_000);

  test('ends its watches and itself when it is told to', async () => {
    const { server, client } = await start('stopped');
    const events = client.watch('/api/v1/namespaces?watch=true');
    await events.next();
    const exit = server.end('SIGTERM');
    let ended = false;
    while (!ended) ended = (await events.next()).done === true;
    expect(await exit).toBe(0);
  }, 30_000);

  test('does not share its data with another process', async () => {
    await start('shared');
    const second = await run(process.execPath, [...NODE, ...flags('shared')]);
    expect(second.code).toBe(2);
    expect(second.stdout).toContain('is in use by another process');
  }, 30_000);

  test.each([
    [['--nonsense'], "Unknown option '--nonsense'"],
    [[], '--data-dir is required; --tls-cert-file is required'],
    [['--listen', 'here'], '--listen here: must be HOST:PORT'],
  ])('explains what is wrong with %j', async (args, message) => {
    const ended = await run(process.execPath, [...NODE, ...args]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).toContain('Usage: service-catalog apiserver');
  });

  test('names the file it cannot read', async () => {
    const missing = join(folder, 'missing.crt');
    const args = flags('missing').map((flag) => (flag.endsWith('server.crt') ? missing : flag));
    const ended = await run(process.execPath, [...NODE, ...args]);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toContain(`--tls-cert-file ${missing}`);
  });
});
