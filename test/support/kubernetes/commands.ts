import { join } from 'node:path';
import type { ProcessSpec } from '../../../local/processes/supervised-process.ts';
import { waitForHttp } from '../../../local/processes/http-ready.ts';
import { FRONT_PROXY } from './credentials.ts';
import type { ClusterCredentials } from './credentials.ts';
import type { KubernetesPrograms } from './programs.ts';
import { isOlder } from './release.ts';

/** The first address is that of the Service `kubernetes`. */
export const SERVICE_RANGE = '10.96.0.0/16';
export const KUBERNETES_SERVICE = '10.96.0.1';
export const LOOPBACK = '127.0.0.1';

/** More flags of a program, or other values: without the two dashes. */
export type Flags = Readonly<Record<string, string>>;

export interface CommandContext {
  readonly folder: string;
  readonly programs: KubernetesPrograms;
  readonly credentials: ClusterCredentials;
  readonly ports: {
    readonly etcd: number;
    readonly peer: number;
    readonly apiserver: number;
    readonly manager: number;
  };
  /** The address of this machine by which pods reach it; absent when nothing but this machine does. */
  readonly advertiseAddress: string | undefined;
}

/** A slow machine that does much else may need that long; milliseconds. */
const READY_MS = 120_000;

export function etcd({ folder, programs, ports }: CommandContext, more: Flags): ProcessSpec<void> {
  const client = `http://${LOOPBACK}:${ports.etcd}`;
  const peer = `http://${LOOPBACK}:${ports.peer}`;
  const flags = {
    name: 'test',
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `test=${peer}`,
    // What was written survives the process, not the machine: more is not wanted of a test.
    'unsafe-no-fsync': 'true',
    ...more,
  };
  return spec(folder, 'etcd', programs.etcd, flags, `${client}/health`);
}

export function apiServer(context: CommandContext, more: Flags): ProcessSpec<void> {
  const { folder, programs, credentials, ports, advertiseAddress } = context;
  const flags = {
    'etcd-servers': `http://${LOOPBACK}:${ports.etcd}`,
    'bind-address': advertiseAddress === undefined ? LOOPBACK : '0.0.0.0',
    'advertise-address': advertiseAddress ?? LOOPBACK,
    // Endpoints of the Service `kubernetes` must not be a loopback address; where there are no pods nobody asks.
    ...(advertiseAddress === undefined ? { 'endpoint-reconciler-type': 'none' } : {}),
    'secure-port': String(ports.apiserver),
    'service-cluster-ip-range': SERVICE_RANGE,
    'cert-dir': join(folder, 'certificates'),
    'tls-cert-file': credentials.server.certificateFile,
    'tls-private-key-file': credentials.server.keyFile,
    'client-ca-file': credentials.authorityFile,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': 'true',
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': credentials.tokens.publicKeyFile,
    'service-account-signing-key-file': credentials.tokens.privateKeyFile,
    'kubelet-client-certificate': credentials.kubeletClient.certificateFile,
    'kubelet-client-key': credentials.kubeletClient.keyFile,
    'kubelet-preferred-address-types': 'InternalIP',
    // The aggregation layer: whom an API server behind this one believes who a request is from.
    'requestheader-client-ca-file': credentials.frontProxyAuthorityFile,
    'requestheader-allowed-names': FRONT_PROXY,
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': credentials.frontProxyClient.certificateFile,
    'proxy-client-key-file': credentials.frontProxyClient.keyFile,
    'audit-policy-file': join(folder, 'audit-policy.yaml'),
    'audit-log-path': join(folder, 'audit.log'),
    // All of it in one file, in megabytes.
    'audit-log-maxsize': '4000',
    ...more,
  };
  const url = `https://${LOOPBACK}:${ports.apiserver}/readyz`;
  return spec(folder, 'kube-apiserver', programs.file('kube-apiserver'), flags, url, credentials.authority.certificate);
}

export function controllerManager(context: CommandContext, kubeconfig: string, more: Flags): ProcessSpec<void> {
  const { folder, programs, credentials, ports } = context;
  const flags = {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': LOOPBACK,
    'secure-port': String(ports.manager),
    'tls-cert-file': credentials.server.certificateFile,
    'tls-private-key-file': credentials.server.keyFile,
    'leader-elect': 'false',
    'use-service-account-credentials': 'true',
    'root-ca-file': credentials.authorityFile,
    'service-account-private-key-file': credentials.tokens.privateKeyFile,
    // Earlier ones also listen on a fixed port, without TLS, unless told not to.
    ...(isOlder(programs.version, '1.22') ? { port: '0' } : {}),
    ...more,
  };
  const file = programs.file('kube-controller-manager');
  const url = `https://${LOOPBACK}:${ports.manager}/healthz`;
  return spec(folder, 'kube-controller-manager', file, flags, url, credentials.authority.certificate);
}

function spec(
  folder: string,
  name: string,
  file: string,
  flags: Flags,
  readyUrl: string,
  ca?: string,
): ProcessSpec<void> {
  return {
    name,
    command: endedWithUs(
      file,
      Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
    ),
    logFile: join(folder, 'logs', `${name}.log`),
    // The data is thrown away; nothing is gained by waiting for a graceful end.
    stopSignal: 'SIGKILL',
    ready: (signal) =>
      waitForHttp({ url: readyUrl, what: name, timeoutMs: READY_MS, signal, ...(ca === undefined ? {} : { ca }) }),
  };
}

/** On Linux the system ends the program when the process that started it is gone, however that went. */
function endedWithUs(file: string, args: readonly string[]): { file: string; args: readonly string[] } {
  if (process.platform !== 'linux') return { file, args };
  return { file: 'setpriv', args: ['--pdeathsig', 'KILL', file, ...args] };
}
