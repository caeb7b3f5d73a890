import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ProcessFiles } from '../../../local/processes/process-files.ts';
import { Supervisor } from '../../../local/supervisor.ts';
import type { ControlPlane } from '../kubernetes/control-plane.ts';
import type { KubernetesPrograms } from '../kubernetes/programs.ts';
import { Kubectl } from '../kubectl.ts';
import { NODE_NAME } from './addresses.ts';
import { containerd, ctr, kubelet, kubeProxy, scheduler } from './commands.ts';
import { clusterDns } from './dns.ts';

export interface NodeOptions {
  /** An existing folder. */
  readonly folder: string;
  readonly kubernetes: KubernetesPrograms;
  readonly controlPlane: ControlPlane;
  /** Files with images to import, see `docker save`. */
  readonly images: readonly string[];
}

/** A node that runs pods. */
export interface ClusterNode {
  /** Logs of its programs, a file each. */
  readonly logs: string;
  /** Ends its programs. Containers go on: they end with the machine the node runs on, see enter.ts. */
  stop(): Promise<void>;
}

/** The kubelet first: with nobody to restart them, containers are left alone by the rest. */
const STOP_ORDER = [['kubelet'], ['kube-proxy', 'kube-scheduler'], ['containerd']];

/**
 * Makes this machine, which is to be one of its own (enter.ts), a node of the cluster: container runtime, network of
 * pods, kubelet, kube-proxy, and for the cluster its scheduler and its DNS. Resolves when the node is ready and names
 * are answered; throws, with its programs ended, one sentence that names a log when one of them does not start.
 */
export async function startNode({ folder, kubernetes, controlPlane, images }: NodeOptions): Promise<ClusterNode> {
  const context = { folder: join(folder, 'node'), kubernetes, controlPlane };
  await mkdir(context.folder);
  const supervisor = new Supervisor(new ProcessFiles(join(context.folder, 'processes')), {
    running: () => undefined,
    restarted: (name, reason) => {
      console.error(`node: ${name} was started again: ${reason}`);
    },
  });
  try {
    await supervisor.start(await containerd(context));
    for (const image of images) await ctr(['image', 'import', image], 180_000);
    await supervisor.start(await scheduler(context));
    await supervisor.start(await kubeProxy(context));
    await supervisor.start(await kubelet(context));
    const kubectl = new Kubectl(controlPlane.adminKubeconfig);
    await kubectl.run(['wait', '--for=create', `node/${NODE_NAME}`, '--timeout=60s']);
    await kubectl.run(['wait', '--for=condition=Ready', `node/${NODE_NAME}`, '--timeout=60s']);
    await kubectl.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: clusterDns }));
    await kubectl.run(['-n', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=90s']);
  } catch (thrown) {
    await supervisor.stop(STOP_ORDER);
    throw thrown;
  }
  return { logs: join(context.folder, 'logs'), stop: () => supervisor.stop(STOP_ORDER) };
}
