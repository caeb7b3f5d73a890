import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { webcrypto } from 'node:crypto';

/** A certificate and its private key, both PEM. Holds a secret: files of it are 0600, logs never have it. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What a certificate is to say. */
export interface CertificateRequest {
  readonly commonName: string;
  /** Kubernetes reads it as the group of a client. */
  readonly organization?: string;
  /** What a server is reached by; clients have neither. */
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** May prove who a client is. */
  readonly client?: boolean;
  /** May prove who a server is. */
  readonly server?: boolean;
  /** How long it is valid from now. Clients such as macOS refuse server certificates of more than 825. */
  readonly days: number;
}

const DAY_MS = 86_400_000;

/** The clocks of two machines differ: a certificate is valid from a little before it was made. */
const CLOCK_SKEW_MS = 5 * 60_000;

const KEY = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };

/**
 * The library is loaded when a certificate is made, not when a program starts: few do, and it costs a tenth of a
 * second. It wants the reflection polyfill to be there first.
 */
async function loadX509() {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** A new certificate authority: ECDSA P-256, valid for `days` (ten years when absent), may sign certificates only. */
export async function createCertificateAuthority(
  name: string,
  options: { readonly days?: number; readonly now?: Date } = {},
): Promise<CertifiedKey> {
  const x509 = await loadX509();
  const now = options.now ?? new Date();
  const keys = await crypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // As data, not as text: in a text, commas and equals signs of the name would have a meaning.
    name: [{ CN: [name] }],
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
    notAfter: new Date(now.getTime() + (options.days ?? 3650) * DAY_MS),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), privateKey: await exportKey(keys.privateKey) };
}

/** A certificate of the authority with a new key, ECDSA P-256. */
export async function issueCertificate(
  authority: CertifiedKey,
  request: CertificateRequest,
  now: Date = new Date(),
): Promise<CertifiedKey> {
  const x509 = await loadX509();
  const issuer = new x509.X509Certificate(authority.certificate);
  const keys = await crypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const names = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const usages = [
    ...(request.server ? [x509.ExtendedKeyUsage.serverAuth] : []),
    ...(request.client ? [x509.ExtendedKeyUsage.clientAuth] : []),
  ];
  const subject = [
    ...(request.organization === undefined ? [] : [{ O: [request.organization] }]),
    { CN: [request.commonName] },
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer.subjectName,
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
    notAfter: new Date(now.getTime() + request.days * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.privateKey),
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ...(usages.length > 0 ? [new x509.ExtendedKeyUsageExtension(usages)] : []),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), privateKey: await exportKey(keys.privateKey) };
}

/**
 * Whether a certificate should be made anew: it cannot be read, is not of this authority, does not answer to what is
 * asked for, or has less than a third of `request.days` left.
 */
export function needsRenewal(
  certificate: string,
  authorityCertificate: string,
  request: CertificateRequest,
  now: Date = new Date(),
): boolean {
  let current: X509Certificate;
  let authority: X509Certificate;
  try {
    current = new X509Certificate(certificate);
    authority = new X509Certificate(authorityCertificate);
  } catch {
    return true;
  }
  const { dnsNames = [], ipAddresses = [] } = request;
  const missesName = dnsNames.some((name) => current.checkHost(name) === undefined);
  const missesAddress = ipAddresses.some((address) => current.checkIP(address) === undefined);
  const leftMs = Date.parse(current.validTo) - now.getTime();
  return missesName || missesAddress || leftMs < (request.days * DAY_MS) / 3 || !current.verify(authority.publicKey);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return crypto.subtle.importKey('pkcs8', new Uint8Array(der), KEY, false, ['sign']);
}
