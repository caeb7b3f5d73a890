import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { systemClock } from '../runtime/clock.ts';
import type { Clock } from '../runtime/clock.ts';
import { errorCode, UsageError } from '../runtime/errors.ts';
import { anonymous, tokenFileCredentials, userCredentials } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { pathField, readContext, textField } from './kubeconfig.ts';
import type { KubeconfigText } from './kubeconfig.ts';

/** Where to find the API server and who to be there. The first that is given wins. */
export interface ConnectionSource {
  /** A kubeconfig: its path (several joined like in KUBECONFIG), or its text, which has line breaks. */
  readonly kubeconfig?: string;
  /** The context of the kubeconfig; its current one when absent. */
  readonly context?: string;
  /** Alone: a server that wants no credentials, such as `kubectl proxy`. With a kubeconfig: used instead of its server. */
  readonly apiServerUrl?: string;
  /**
   * The process's environment, handed over by a composition root. KUBECONFIG, then `~/.kube/config`, then the service
   * account of the pod are looked for in it when nothing above is given.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where the pod's service account is mounted. */
  readonly serviceAccountFolder?: string;
  readonly clock?: Clock;
}

/** All that is needed to talk to one API server. */
export interface KubeConnection {
  /** Without a trailing slash and without credentials. */
  readonly server: URL;
  /** The namespace to work in when the user names none. */
  readonly namespace: string;
  /** The context's name, `in-cluster`, or the URL: for messages. */
  readonly name: string;
  /** PEM of the authorities the server's certificate may come from; the system's when absent. */
  readonly ca?: string;
  /** The name to expect in the server's certificate instead of the host. */
  readonly serverName?: string;
  /** The server's certificate is not checked. */
  readonly insecure: boolean;
  readonly proxyUrl?: string;
  readonly credentials: Credentials;
}

const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds the API server. Reads the kubeconfig now and its credentials when the first request needs them.
 *
 * Throws {@link UsageError} that says what is missing or wrong.
 */
export function loadConnection(source: ConnectionSource): KubeConnection {
  const clock = source.clock ?? systemClock;
  const kubeconfigs = findKubeconfigs(source);
  if (kubeconfigs !== undefined) return fromKubeconfig(kubeconfigs, source, clock);
  if (source.apiServerUrl !== undefined) {
    const server = serverUrl(source.apiServerUrl, 'the URL of the API server');
    return { server, namespace: 'default', name: server.href, insecure: false, credentials: anonymous };
  }
  const folder = source.serviceAccountFolder ?? SERVICE_ACCOUNT_FOLDER;
  const host = source.environment?.['KUBERNETES_SERVICE_HOST'];
  if (host !== undefined && existsSync(join(folder, 'token'))) {
    return fromServiceAccount(folder, host, source.environment?.['KUBERNETES_SERVICE_PORT'] ?? '443', clock);
  }
  throw new UsageError(
    'no Kubernetes API server is known: give a kubeconfig (or set KUBECONFIG), or run in a pod with a service account',
  );
}

function findKubeconfigs(source: ConnectionSource): KubeconfigText[] | undefined {
  if (source.kubeconfig !== undefined && source.kubeconfig.includes('\n')) {
    return [{ text: source.kubeconfig, path: undefined }];
  }
  if (source.kubeconfig !== undefined) return readAll(source.kubeconfig, false);
  if (source.apiServerUrl !== undefined) return undefined;
  const listed = source.environment?.['KUBECONFIG'];
  if (listed !== undefined && listed !== '') return readAll(listed, true);
  const home = source.environment?.['HOME'] ?? source.environment?.['USERPROFILE'];
  if (home === undefined || home === '') return undefined;
  const path = join(home, '.kube', 'config');
  return existsSync(path) ? readAll(path, false) : undefined;
}

/** Like kubectl, skips files of KUBECONFIG that do not exist as long as one does. */
function readAll(paths: string, someMayBeAbsent: boolean): KubeconfigText[] {
  const found: KubeconfigText[] = [];
  for (const path of paths.split(delimiter).filter((part) => part !== '')) {
    try {
      found.push({ text: readFileSync(path, 'utf8'), path });
    } catch (thrown) {
      if (someMayBeAbsent && errorCode(thrown) === 'ENOENT') continue;
      throw new UsageError(`cannot read the kubeconfig ${path} (${errorCode(thrown) ?? 'unreadable'})`);
    }
  }
  if (found.length === 0) throw new UsageError(`KUBECONFIG names no file that exists: ${paths}`);
  return found;
}

function fromKubeconfig(texts: KubeconfigText[], source: ConnectionSource, clock: Clock): KubeConnection {
  const context = readContext(texts, source.context);
  const { cluster } = context;
  const address = source.apiServerUrl ?? textField(cluster, 'server');
  if (address === undefined) throw new UsageError(`kubeconfig cluster "${cluster.name}" has no server`);
  const caData = textField(cluster, 'certificate-authority-data');
  const caFile = pathField(cluster, 'certificate-authority');
  const ca = caData === undefined ? readCa(caFile) : Buffer.from(caData, 'base64').toString('utf8');
  const serverName = textField(cluster, 'tls-server-name');
  const proxyUrl = textField(cluster, 'proxy-url');
  return {
    server: serverUrl(address, `kubeconfig cluster "${cluster.name}": server`),
    namespace: context.namespace ?? 'default',
    name: context.name,
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { serverName }),
    insecure: cluster.fields['insecure-skip-tls-verify'] === true,
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    credentials: userCredentials(context.user, clock),
  };
}

function fromServiceAccount(folder: string, host: string, port: string, clock: Clock): KubeConnection {
  const namespaceFile = join(folder, 'namespace');
  const ca = readCa(join(folder, 'ca.crt'));
  return {
    server: serverUrl(`https://${host.includes(':') ? `[${host}]` : host}:${port}`, 'KUBERNETES_SERVICE_HOST'),
    namespace: existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : 'default',
    name: 'in-cluster',
    ...(ca === undefined ? {} : { ca }),
    insecure: false,
    credentials: tokenFileCredentials(join(folder, 'token'), clock),
  };
}

function readCa(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new UsageError(`cannot read the certificate authority ${path} (${errorCode(thrown) ?? 'unreadable'})`);
  }
}

function serverUrl(text: string, what: string): URL {
  // kubectl takes a host without a scheme for plain HTTP.
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(`${what} must be an http or https URL`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(`${what} must not carry credentials; put them into the kubeconfig's user`);
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  url.search = '';
  url.hash = '';
  return url;
}
