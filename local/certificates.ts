import { createCertificateAuthority, issueCertificate, needsRenewal } from '../lib/runtime/tls.ts';
import type { CertificateRequest, CertifiedKey } from '../lib/runtime/tls.ts';
import { readIfPresent, writePrivateFile } from './home/private-files.ts';
import type { Home } from './home/home.ts';

/** A certificate with its key on disk, and in memory. */
export interface StoredKey extends CertifiedKey {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Everything that proves who is who in a local stack. */
export interface Certificates {
  readonly authority: StoredKey;
  readonly broker: StoredKey;
  readonly apiserver: StoredKey;
  /** The user of the kubeconfig: may do everything. */
  readonly admin: StoredKey;
  /** Of the API server's own controllers. */
  readonly apiserverClient: StoredKey;
  readonly controller: StoredKey;
}

/** The name the broker has inside a cluster; the controllers are told where it really is. */
export const BROKER_HOST = 'database-broker.service-catalog.svc';

const ADMINISTRATORS = 'system:masters';
const LOOPBACK = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
const YEAR = 365;

/** Makes what is absent and renews what is about to end. The authority stays for ten years. */
export async function ensureCertificates(home: Home, now = new Date()): Promise<Certificates> {
  const authority = await ensureAuthority(home);
  const ensure = (name: string, request: CertificateRequest): Promise<StoredKey> =>
    ensureCertificate(home, name, authority, request, now);
  const client = (name: string, commonName: string): Promise<StoredKey> =>
    ensure(name, { commonName, organization: ADMINISTRATORS, client: true, days: YEAR });
  const [broker, apiserver, admin, apiserverClient, controller] = await Promise.all([
    ensure('broker', {
      commonName: BROKER_HOST,
      dnsNames: [BROKER_HOST, 'localhost'],
      ipAddresses: LOOPBACK.ipAddresses,
      server: true,
      days: YEAR,
    }),
    ensure('apiserver', { commonName: 'catalog-apiserver', ...LOOPBACK, server: true, days: YEAR }),
    client('admin', 'local-admin'),
    client('apiserver-client', 'catalog-apiserver'),
    client('controller', 'catalog-controller'),
  ]);
  return { authority, broker, apiserver, admin, apiserverClient, controller };
}

/**
 * Writes the file of authorities that the controllers are to trust besides the system's: ours, and those that the user
 * had Node trust already.
 */
export async function writeTrustedAuthorities(home: Home, ours: string, extraFile: string | undefined): Promise<void> {
  const extra = extraFile === undefined ? undefined : await readIfPresent(extraFile);
  await writePrivateFile(home.trustedAuthorities, [ours, extra ?? ''].join('\n'));
}

async function ensureAuthority(home: Home): Promise<StoredKey> {
  const present = await load(home, 'ca');
  if (present) return present;
  return store(home, 'ca', await createCertificateAuthority('Service Catalog on this machine'));
}

async function ensureCertificate(
  home: Home,
  name: string,
  authority: CertifiedKey,
  request: CertificateRequest,
  now: Date,
): Promise<StoredKey> {
  const present = await load(home, name);
  if (present && !needsRenewal(present.certificate, authority.certificate, request, now)) return present;
  return store(home, name, await issueCertificate(authority, request, now));
}

function filesOf(home: Home, name: string): Pick<StoredKey, 'certificateFile' | 'keyFile'> {
  return { certificateFile: home.tls(`${name}.crt`), keyFile: home.tls(`${name}.key`) };
}

async function load(home: Home, name: string): Promise<StoredKey | undefined> {
  const files = filesOf(home, name);
  const certificate = await readIfPresent(files.certificateFile);
  const privateKey = await readIfPresent(files.keyFile);
  return certificate && privateKey ? { ...files, certificate, privateKey } : undefined;
}

/** The key first: a certificate on disk always has its key. */
async function store(home: Home, name: string, key: CertifiedKey): Promise<StoredKey> {
  const files = filesOf(home, name);
  // Renewal replaces both; between the two, the old certificate must not stand beside the new key.
  await writePrivateFile(files.certificateFile, '');
  await writePrivateFile(files.keyFile, key.privateKey);
  await writePrivateFile(files.certificateFile, key.certificate);
  return { ...files, ...key };
}
