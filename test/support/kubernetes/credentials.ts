import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCertificateAuthority, issueCertificate } from '../../../lib/runtime/tls.ts';
import type { CertifiedKey } from '../../../lib/runtime/tls.ts';
import { issueUser } from '../issue-user.ts';

/** Who may sign what in one cluster of a test, and the certificates its own parts are started with. */
export interface ClusterCredentials {
  /** Of servers and clients. */
  readonly authority: CertifiedKey;
  readonly authorityFile: string;
  /** What the API server shows. */
  readonly server: KeyFiles;
  /** With which the API server reaches kubelets, as a member of system:masters. */
  readonly kubeletClient: KeyFiles;
  /** With which it reaches aggregated API servers, and the authority these trust. */
  readonly frontProxyAuthorityFile: string;
  readonly frontProxyClient: KeyFiles;
  /** Of ServiceAccount tokens. */
  readonly tokens: { readonly privateKeyFile: string; readonly publicKeyFile: string };
}

export interface KeyFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A test is over long before. */
const DAYS = 2;

/** Makes all of it in `folder`; the API server answers to `addresses` and to the usual names in a cluster. */
export async function createCredentials(folder: string, addresses: readonly string[]): Promise<ClusterCredentials> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [authority, frontProxyAuthority] = await Promise.all([
    createCertificateAuthority('kubernetes'),
    createCertificateAuthority('front-proxy'),
  ]);
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const keyFiles = async (name: string, { certificate, privateKey }: CertifiedKey): Promise<KeyFiles> => ({
    certificateFile: await file(`${name}.crt`, certificate),
    keyFile: await file(`${name}.key`, privateKey),
  });
  const tokens = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return {
    authority,
    authorityFile: await file('ca.crt', authority.certificate),
    server: await keyFiles(
      'kube-apiserver',
      await issueCertificate(authority, {
        commonName: 'kube-apiserver',
        dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', CLUSTER_NAME],
        ipAddresses: addresses,
        server: true,
        days: DAYS,
      }),
    ),
    kubeletClient: await keyFiles(
      'kubelet-client',
      await issueUser(authority, 'kube-apiserver-kubelet-client', 'system:masters'),
    ),
    frontProxyAuthorityFile: await file('front-proxy-ca.crt', frontProxyAuthority.certificate),
    frontProxyClient: await keyFiles('front-proxy-client', await issueUser(frontProxyAuthority, FRONT_PROXY)),
    tokens: {
      privateKeyFile: await file('tokens.key', tokens.privateKey),
      publicKeyFile: await file('tokens.pub', tokens.publicKey),
    },
  };
}

const CLUSTER_NAME = 'kubernetes.default.svc.cluster.local';

/** The name that an aggregated API server lets speak for others. */
export const FRONT_PROXY = 'front-proxy-client';
