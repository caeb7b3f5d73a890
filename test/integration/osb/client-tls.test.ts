import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OsbClientOptions } from '../../../lib/osb/client-options.ts';
import { createOsbClient } from '../../../lib/osb/client.ts';
import type { Outcome } from '../../../lib/osb/outcome.ts';
import { createCertificateAuthority, issueCertificate } from '../../../lib/runtime/tls.ts';
import { startFakeBroker } from '../../support/fake-broker.ts';
import type { FakeBroker } from '../../support/fake-broker.ts';

let broker: FakeBroker;
let caBundle: string;
let otherCa: string;

beforeAll(async () => {
  const authority = await createCertificateAuthority('test authority', { days: 1 });
  caBundle = authority.certificate;
  otherCa = (await createCertificateAuthority('another authority', { days: 1 })).certificate;
  const { certificate, privateKey } = await issueCertificate(authority, {
    commonName: 'broker',
    dnsNames: ['broker.example'],
    ipAddresses: ['127.0.0.1'],
    server: true,
    days: 1,
  });
  broker = await startFakeBroker({ tls: { key: privateKey, cert: certificate } });
});

afterAll(() => broker.stop());

async function getCatalog(options: Partial<OsbClientOptions>): Promise<Outcome<unknown>> {
  const client = createOsbClient({ url: broker.url, timeoutMs: 10_000, ...options });
  try {
    return await client.getCatalog();
  } finally {
    await client.close();
  }
}

describe('a broker with TLS', () => {
  test('is trusted by its authority', async () => {
    expect((await getCatalog({ caBundle })).kind).toBe('success');
    expect((await getCatalog({ caBundle: `${otherCa}${caBundle}` })).kind).toBe('success');
  });

  test('is not reached when its authority is unknown, so that nothing was done', async () => {
    const before = broker.requests.length;
    for (const options of [{}, { caBundle: otherCa }]) {
      const outcome = await getCatalog(options);
      expect(outcome).toMatchObject({ kind: 'unreachable', message: expect.stringMatching(/certificate/) });
    }
    expect(broker.requests.length).toBe(before);
  });

  test('is trusted blindly when told to', async () => {
    expect((await getCatalog({ insecureSkipTlsVerify: true })).kind).toBe('success');
  });

  test('must have the name of the URL, wherever it is really found', async () => {
    const at = { host: '127.0.0.1', port: broker.port };
    const url = 'https://broker.example';
    expect((await getCatalog({ url, caBundle, connect: { 'broker.example:443': at } })).kind).toBe('success');
    const wrong = await getCatalog({ url: 'https://evil.example', caBundle, connect: { 'evil.example:443': at } });
    expect(wrong).toMatchObject({ kind: 'unreachable', message: expect.stringMatching(/another host name/) });
  });

  test('called without TLS answers nonsense', async () => {
    const outcome = await getCatalog({ url: broker.url.replace('https', 'http') });
    expect(outcome.kind).toBe('nonsense');
  });
});
