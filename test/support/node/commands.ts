import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../local/processes/command.ts';
import { waitForHttp } from '../../../local/processes/http-ready.ts';
import type { ProcessSpec } from '../../../local/processes/supervised-process.ts';
import { waitUntil } from '../../../local/processes/wait-until.ts';
import type { ControlPlane } from '../kubernetes/control-plane.ts';
import type { KubernetesPrograms } from '../kubernetes/programs.ts';
import { DNS_ADDRESS, NODE_ADDRESS, NODE_NAME, POD_RANGE } from './addresses.ts';
import { PAUSE_IMAGE } from './images/provide.ts';

/** What the programs of a node are started with. */
export interface NodeContext {
  /** Their files; logs are below `logs`. */
  readonly folder: string;
  readonly kubernetes: KubernetesPrograms;
  readonly controlPlane: ControlPlane;
}

const SOCKET = '/run/containerd/containerd.sock';
const READY_MS = 60_000;

/** The container runtime. All it keeps is below the node's folder or in /run. */
export async function containerd({ folder }: NodeContext): Promise<ProcessSpec<void>> {
  const networks = join(folder, 'cni');
  await mkdir(networks, { recursive: true });
  await writeFile(join(networks, '10-pods.conflist'), JSON.stringify(podNetwork(folder)));
  const config = join(folder, 'containerd.toml');
  await writeFile(
    config,
    `version = 2
root = "${join(folder, 'containerd')}"
state = "/run/containerd"
[grpc]
  address = "${SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  # A process may not always make itself harder to kill than its parent is: containers are not to need it.
  restrict_oom_score_adj = true
  sandbox_image = "${PAUSE_IMAGE}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${networks}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
`,
  );
  const ready = (signal: AbortSignal): Promise<void> =>
    waitUntil(() => ctr(['version']), { what: 'containerd', timeoutMs: READY_MS, signal }).then(() => undefined);
  return { ...spec(folder, 'containerd', 'containerd', { config }), ready };
}

/** Runs containerd's own client in the namespace of the kubelet's containers. */
export const ctr = (args: readonly string[], timeoutMs = 20_000): Promise<string> =>
  run({ file: 'ctr', args: ['--address', SOCKET, '--namespace', 'k8s.io', ...args] }, { timeoutMs });

/**
 * Pods get a link each and are reached by a route each: packets between them pass kube-proxy's rules like all others.
 * Nothing here enforces a NetworkPolicy; that takes a network of another kind.
 */
const podNetwork = (folder: string): object => ({
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      type: 'ptp',
      ipam: {
        type: 'host-local',
        dataDir: join(folder, 'addresses'),
        ranges: [[{ subnet: POD_RANGE }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
});

export async function kubelet({ folder, kubernetes, controlPlane }: NodeContext): Promise<ProcessSpec<void>> {
  const config = await writeConfig(folder, 'kubelet', {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: NODE_ADDRESS,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: controlPlane.credentials.authorityFile },
    },
    authorization: { mode: 'Webhook' },
    clusterDNS: [DNS_ADDRESS],
    clusterDomain: 'cluster.local',
    // This machine has no other name server that pods could be told of.
    resolvConf: '',
    containerRuntimeEndpoint: `unix://${SOCKET}`,
    cgroupDriver: 'cgroupfs',
    failCgroupV1: false,
    failSwapOn: false,
    // The disk is that of a developer's machine: how full it is is not the matter here.
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    maxOpenFiles: 20_000,
  });
  return spec(
    folder,
    'kubelet',
    kubernetes.file('kubelet'),
    {
      config,
      kubeconfig: await controlPlane.userKubeconfig(`system:node:${NODE_NAME}`, 'system:nodes'),
      'hostname-override': NODE_NAME,
      'node-ip': NODE_ADDRESS,
    },
    'http://127.0.0.1:10248/healthz',
  );
}

export async function kubeProxy({ folder, kubernetes, controlPlane }: NodeContext): Promise<ProcessSpec<void>> {
  const config = await writeConfig(folder, 'kube-proxy', {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: await controlPlane.userKubeconfig('system:kube-proxy') },
    mode: 'iptables',
    clusterCIDR: POD_RANGE,
    hostnameOverride: NODE_NAME,
    // Limits of the whole kernel, which are not ours to change.
    conntrack: { maxPerCore: 0, min: 0 },
  });
  return spec(folder, 'kube-proxy', kubernetes.file('kube-proxy'), { config }, 'http://127.0.0.1:10256/livez');
}

export async function scheduler({ folder, kubernetes, controlPlane }: NodeContext): Promise<ProcessSpec<void>> {
  const { server, authority } = controlPlane.credentials;
  const flags = {
    kubeconfig: await controlPlane.userKubeconfig('system:kube-scheduler'),
    'leader-elect': 'false',
    'bind-address': '127.0.0.1',
    'tls-cert-file': server.certificateFile,
    'tls-private-key-file': server.keyFile,
  };
  const url = 'https://127.0.0.1:10259/healthz';
  return spec(folder, 'kube-scheduler', kubernetes.file('kube-scheduler'), flags, url, authority.certificate);
}

async function writeConfig(folder: string, name: string, config: object): Promise<string> {
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify(config));
  return file;
}

function spec(
  folder: string,
  name: string,
  file: string,
  flags: Readonly<Record<string, string>>,
  readyUrl = '',
  ca?: string,
): ProcessSpec<void> {
  return {
    name,
    command: { file, args: Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`) },
    logFile: join(folder, 'logs', `${name}.log`),
    // All of it goes with this machine: nothing is gained by waiting for a graceful end.
    stopSignal: 'SIGKILL',
    ready: (signal) =>
      waitForHttp({ url: readyUrl, what: name, timeoutMs: READY_MS, signal, ...(ca === undefined ? {} : { ca }) }),
  };
}
