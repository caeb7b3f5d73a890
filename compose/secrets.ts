import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createCertificateAuthority, issueCertificate, needsRenewal } from '../lib/runtime/tls.ts';
import type { CertificateRequest, CertifiedKey } from '../lib/runtime/tls.ts';
import { ensureSecretFile, generatePassword, readIfPresent, writePrivateFile } from '../local/home/private-files.ts';
import { kubeconfigText } from '../local/kubeconfig.ts';

/** The names of the services of docker-compose.yml that others connect to, which are their host names too. */
const BROKER = 'broker';
const APISERVER = 'apiserver';
/** The name that examples/quickstart.yaml knows the broker by. */
const BROKER_IN_CLUSTER = 'database-broker.service-catalog.svc';

const ADMINISTRATORS = 'system:masters';
/**
 * Ten years, for the authority and what it signs. Only `prepare` renews, and containers that are merely restarted, as
 * after a restart of the machine, do so without it. That is longer than browsers take; these clients are ours and kubectl.
 */
const DAYS = 3650;

const SERVERS: Readonly<Record<string, CertificateRequest>> = {
  broker: {
    commonName: BROKER,
    dnsNames: [BROKER, BROKER_IN_CLUSTER, 'localhost'],
    ipAddresses: ['127.0.0.1'],
    server: true,
    days: DAYS,
  },
  apiserver: {
    commonName: APISERVER,
    dnsNames: [APISERVER, 'localhost'],
    ipAddresses: ['127.0.0.1'],
    server: true,
    days: DAYS,
  },
};

/** Each kubeconfig with the address its user reaches the API server at: from a container, or from the machine. */
const kubeconfigs = (
  hostPort: number,
): Readonly<Record<string, { readonly user: string; readonly server: string }>> => ({
  'apiserver.kubeconfig': { user: 'catalog-apiserver', server: `https://${APISERVER}:6443` },
  'controller.kubeconfig': { user: 'catalog-controller', server: `https://${APISERVER}:6443` },
  'admin.kubeconfig': { user: 'admin', server: `https://${APISERVER}:6443` },
  'host.kubeconfig': { user: 'host-admin', server: `https://127.0.0.1:${hostPort}` },
});

const PASSWORDS = ['store.password', 'postgres.password', 'mysql.password', 'platform.password'];

/** Every secret of the composition by its name. */
export type Secrets = Readonly<Record<string, string>>;

/**
 * Makes what is absent in `folder`, renews certificates with less than a third of their time left, and returns all of it. What is there
 * stays: passwords are known to databases, and what the encryption key closed only it opens. `hostPort` is where the
 * machine reaches the API server.
 */
export async function ensureSecrets(folder: string, hostPort: number, now = new Date()): Promise<Secrets> {
  const secrets: Record<string, string> = {};
  for (const name of PASSWORDS) secrets[name] = await ensureSecretFile(join(folder, name), generatePassword);
  secrets['encryption.key'] = await ensureSecretFile(join(folder, 'encryption.key'), () =>
    randomBytes(32).toString('base64'),
  );
  const authority = await ensureKey(
    folder,
    'ca',
    () => createCertificateAuthority('Service Catalog, docker compose', { days: DAYS, now }),
    // What an authority signs ends with it.
    ({ certificate }) => needsRenewal(certificate, certificate, { commonName: '', days: DAYS }, now),
  );
  secrets['ca.crt'] = authority.certificate;
  const issue = (name: string, request: CertificateRequest): Promise<CertifiedKey> =>
    ensureKey(
      folder,
      name,
      () => issueCertificate(authority, request, now),
      ({ certificate }) => needsRenewal(certificate, authority.certificate, request, now),
    );
  for (const [name, request] of Object.entries(SERVERS)) {
    const key = await issue(name, request);
    secrets[`${name}.crt`] = key.certificate;
    secrets[`${name}.key`] = key.privateKey;
  }
  for (const [name, { user, server }] of Object.entries(kubeconfigs(hostPort))) {
    const request = { commonName: user, organization: ADMINISTRATORS, client: true, days: DAYS };
    secrets[name] = kubeconfigText(server, authority.certificate, user, await issue(`user-${user}`, request));
  }
  return secrets;
}

/** Certificate and key are one file, so that one is never there without the other. */
async function ensureKey(
  folder: string,
  name: string,
  make: () => Promise<CertifiedKey>,
  isOld: (key: CertifiedKey) => boolean = () => false,
): Promise<CertifiedKey> {
  const file = join(folder, `${name}.json`);
  const text = await readIfPresent(file);
  const present = text === undefined ? undefined : (JSON.parse(text) as CertifiedKey);
  if (present && !isOld(present)) return present;
  const made = await make();
  await writePrivateFile(file, JSON.stringify(made));
  return made;
}
