import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ensureSecrets } from '../../../compose/secrets.ts';
import type { Secrets } from '../../../compose/secrets.ts';

const YEAR_MS = 365 * 86_400_000;
const CERTIFICATES = ['ca.crt', 'broker.crt', 'apiserver.crt'];
const KUBECONFIGS = ['admin.kubeconfig', 'apiserver.kubeconfig', 'controller.kubeconfig', 'host.kubeconfig'];

describe('the secrets of docker-compose.yml', () => {
  const made = new Date('2030-01-01T00:00:00Z');
  const later = (years: number): Date => new Date(made.getTime() + years * YEAR_MS);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'service-catalog-secrets-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('let a stack that is only ever restarted run for years', async () => {
    const secrets = await ensureSecrets(folder, 6443, made);
    for (const certificate of certificatesOf(secrets)) {
      expect(Date.parse(certificate.validTo)).toBeGreaterThan(later(9.9).getTime());
      expect(certificate.verify(new X509Certificate(secrets['ca.crt'] ?? '').publicKey)).toBe(true);
    }
  });

  test('stay what they are while the certificates have time', async () => {
    const first = await ensureSecrets(folder, 6443, made);
    expect(await ensureSecrets(folder, 6443, later(6))).toEqual(first);
  });

  test('get new certificates, the authority too, in time, and keep everything else', async () => {
    const first = await ensureSecrets(folder, 6443, made);
    const second = await ensureSecrets(folder, 6443, later(7));
    const changed = Object.keys(first).filter((name) => first[name] !== second[name]);
    expect(changed.toSorted()).toEqual([...CERTIFICATES, ...KUBECONFIGS, 'broker.key', 'apiserver.key'].toSorted());
    for (const certificate of certificatesOf(second)) {
      expect(Date.parse(certificate.validTo)).toBeGreaterThan(later(16.9).getTime());
      expect(certificate.verify(new X509Certificate(second['ca.crt'] ?? '').publicKey)).toBe(true);
    }
  });
});

/** Those in files of their own, and those of the users in their kubeconfigs. */
function certificatesOf(secrets: Secrets): X509Certificate[] {
  const inFiles = CERTIFICATES.map((name) => secrets[name] ?? '');
  const ofUsers = KUBECONFIGS.map((name) => {
    const encoded = /client-certificate-data: *"?(?<data>[A-Za-z0-9+/=]+)/.exec(secrets[name] ?? '')?.groups?.['data'];
    return Buffer.from(encoded ?? '', 'base64').toString();
  });
  return [...inFiles, ...ofUsers].map((pem) => new X509Certificate(pem));
}
