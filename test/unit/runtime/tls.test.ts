import { X509Certificate } from 'node:crypto';
import { createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createCertificateAuthority, issueCertificate, needsRenewal } from '../../../lib/runtime/tls.ts';
import type { CertifiedKey, CertificateRequest } from '../../../lib/runtime/tls.ts';

const forServer: CertificateRequest = {
  commonName: 'catalog',
  dnsNames: ['catalog.test', 'localhost'],
  ipAddresses: ['127.0.0.1'],
  server: true,
  days: 90,
};
const forClient: CertificateRequest = {
  commonName: 'a user, with = signs',
  organization: 'system:masters',
  client: true,
  days: 90,
};

let authority: CertifiedKey;
let server: CertifiedKey;
let client: CertifiedKey;

beforeAll(async () => {
  authority = await createCertificateAuthority('test authority');
  server = await issueCertificate(authority, forServer);
  client = await issueCertificate(authority, forClient);
});

/** The common name and organisation that a TLS server reads from the client's certificate, or the client's error. */
async function shakeHands(clientKey: CertifiedKey, ca: string): Promise<string> {
  const listener = createServer(
    { key: server.privateKey, cert: server.certificate, ca: authority.certificate, requestCert: true },
    (incoming, response) => {
      const subject = incoming.socket instanceof TLSSocket ? incoming.socket.getPeerCertificate().subject : undefined;
      response.end(JSON.stringify({ CN: subject?.CN, O: subject?.O }));
    },
  );
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  try {
    return await new Promise((resolve) => {
      const call = httpsRequest(
        { host: '127.0.0.1', port, ca, key: clientKey.privateKey, cert: clientKey.certificate, agent: false },
        (response) => {
          response.setEncoding('utf8').on('data', resolve);
        },
      );
      call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      call.end();
    });
  } finally {
    listener.closeAllConnections();
    await new Promise((resolve) => listener.close(resolve));
  }
}

describe('a certificate authority', () => {
  test('signs certificates with which both sides of a TLS connection know each other', async () => {
    const seen = await shakeHands(client, authority.certificate);
    expect(JSON.parse(seen)).toEqual({ CN: 'a user, with = signs', O: 'system:masters' });
  });

  test('is not believed where another one is trusted', async () => {
    const stranger = await createCertificateAuthority('test authority');
    expect(await shakeHands(client, stranger.certificate)).not.toContain('CN');
    const forged = await issueCertificate(stranger, forClient);
    expect(await shakeHands(forged, authority.certificate)).not.toContain('system:masters');
  });

  test('says in each certificate what it may be used for', () => {
    expect(new X509Certificate(authority.certificate).ca).toBe(true);
    expect(new X509Certificate(server.certificate).ca).toBe(false);
    expect(new X509Certificate(server.certificate).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(new X509Certificate(client.certificate).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(new X509Certificate(server.certificate).subjectAltName).toBe(
      'DNS:catalog.test, DNS:localhost, IP Address:127.0.0.1',
    );
  });
});

describe('a certificate is renewed', () => {
  const renew = (request: CertificateRequest, daysLater = 0, ca = authority): boolean =>
    needsRenewal(server.certificate, ca.certificate, request, new Date(Date.now() + daysLater * 86_400_000));

  test.each([
    ['not while it is young and says what is asked for', false, () => renew(forServer)],
    ['not before two thirds of its time are over', false, () => renew(forServer, 59)],
    ['when two thirds of its time are over', true, () => renew(forServer, 61)],
    ['when another name is wanted', true, () => renew({ ...forServer, dnsNames: ['other.test'] })],
    ['when another address is wanted', true, () => renew({ ...forServer, ipAddresses: ['10.1.2.3'] })],
    ['when it cannot be read', true, () => needsRenewal('rubbish', authority.certificate, forServer)],
  ])('%s', (_name, expected, act) => {
    expect(act()).toBe(expected);
  });

  test('when the authority is another one, even of the same name', async () => {
    expect(renew(forServer, 0, await createCertificateAuthority('test authority'))).toBe(true);
  });
});
