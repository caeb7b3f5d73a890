import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { serve } from '../../../../broker/http/serve.ts';
import { createBrokerMetrics } from '../../../../broker/metrics.ts';
import { Lifecycle } from '../../../../lib/runtime/lifecycle.ts';
import { silentLogger } from '../../../../lib/runtime/log.ts';
import { Registry } from '../../../../lib/runtime/metrics.ts';
import { createCertificateAuthority, issueCertificate } from '../../../../lib/runtime/tls.ts';
import type { CertifiedKey } from '../../../../lib/runtime/tls.ts';
import { eventually } from '../../../support/wait.ts';

const METRIC = 'broker_certificate_expiration_timestamp_seconds';
const answers: RequestListener = (_request, response) => {
  response.end('answered');
};

let folder: string;
let authority: CertifiedKey;
let lifecycle: Lifecycle;
let registry: Registry;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'broker-serve-'));
  authority = await createCertificateAuthority('authority of the broker');
  lifecycle = new Lifecycle(silentLogger());
  registry = new Registry();
});
afterEach(async () => {
  await lifecycle.stop('the test is over');
  await rm(folder, { recursive: true });
});

/** Opens a free port; the files of the certificate are looked at often. Answers the URL. */
async function open(tls: boolean): Promise<string> {
  const { certificateEnds } = createBrokerMetrics(registry, { all: [] } as never, () => Promise.resolve(0));
  const files = {
    cert: { flag: 'listen.tls.certFile', path: join(folder, 'tls.crt') },
    key: { flag: 'listen.tls.keyFile', path: join(folder, 'tls.key') },
  };
  const options = { lifecycle, log: silentLogger(), certificateEnds, lookAtCertificateEveryMs: 20 };
  const server = await serve(answers, { host: '127.0.0.1', port: 0, ...(tls ? { tls: files } : {}) }, options);
  return server.url;
}

/** A certificate of the authority for so many days. */
async function issue(days: number): Promise<CertifiedKey> {
  const request = { commonName: 'broker', dnsNames: [], ipAddresses: ['127.0.0.1'], server: true, days };
  return issueCertificate(authority, request);
}

async function write({ certificate, privateKey }: CertifiedKey): Promise<void> {
  await writeFile(join(folder, 'tls.crt'), certificate);
  await writeFile(join(folder, 'tls.key'), privateKey);
}

/** The certificate a new connection is shown, as PEM. */
async function shown(url: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca: authority.certificate });
  try {
    await once(socket, 'secureConnect');
    return new X509Certificate(socket.getPeerCertificate().raw).toString();
  } finally {
    socket.destroy();
  }
}

async function metric(): Promise<number | undefined> {
  const value = new RegExp(`^${METRIC} (.*)$`, 'm').exec(await registry.metrics())?.[1];
  return value === undefined ? undefined : Number(value);
}

const endOf = (pem: string): number => Date.parse(new X509Certificate(pem).validTo) / 1000;

describe('the port of the broker', () => {
  test('serves a certificate that is renewed while it runs, and tells when it ends', async () => {
    const [first, second] = [await issue(1), await issue(30)];
    await write(first);
    const url = await open(true);
    expect(await shown(url)).toBe(new X509Certificate(first.certificate).toString());
    expect(await metric()).toBe(endOf(first.certificate));

    await write(second);
    const renewed = new X509Certificate(second.certificate).toString();
    await eventually('the new certificate', async () => (await shown(url)) === renewed, { everyMs: 20 });
    expect(await metric()).toBe(endOf(second.certificate));
    expect(endOf(second.certificate)).toBeGreaterThan(endOf(first.certificate));
  });

  test('is not opened with a key of another certificate, which is said in words', async () => {
    await write({ ...(await issue(1)), privateKey: (await issue(1)).privateKey });
    await expect(open(true)).rejects.toThrow(/^listen\.tls\.keyFile .*tls\.key is not the private key/);
  });

  test('speaks plain HTTP without a certificate, and then tells no end of one', async () => {
    const url = await open(false);
    expect(await (await fetch(url)).text()).toBe('answered');
    expect(await metric()).toBeUndefined();
  });
});
