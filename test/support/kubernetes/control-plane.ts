import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertifiedKey } from '../../../lib/runtime/tls.ts';
import { kubeconfigText } from '../../../local/kubeconfig.ts';
import { freePort } from '../../../local/processes/free-port.ts';
import { ProcessFiles } from '../../../local/processes/process-files.ts';
import { Supervisor } from '../../../local/supervisor.ts';
import { issueUser } from '../issue-user.ts';
import { AUDIT_POLICY } from './audit-policy.ts';
import { apiServer, controllerManager, etcd, KUBERNETES_SERVICE, LOOPBACK } from './commands.ts';
import type { CommandContext, Flags } from './commands.ts';
import { createCredentials } from './credentials.ts';
import type { ClusterCredentials } from './credentials.ts';
import type { KubernetesPrograms } from './programs.ts';
import { serviceAccountKubeconfig } from './service-account.ts';
import type { ServiceAccountName } from './service-account.ts';

export interface ControlPlaneOptions {
  readonly programs: KubernetesPrograms;
  /** For data, keys and logs; an existing folder, best one of `createRunFolder()`. Removing it is the caller's. */
  readonly folder: string;
  /** An address of this machine by which pods reach it; the API server then listens on all addresses. */
  readonly advertiseAddress?: string;
  readonly etcdFlags?: Flags;
  readonly apiServerFlags?: Flags;
  readonly controllerManagerFlags?: Flags;
  /**
   * Done before the controller manager starts: kinds that are there by then are known to its garbage collector at
   * once, later ones after up to half a minute.
   */
  readonly beforeControllers?: (api: ClusterAccess) => Promise<void>;
}

/** How one gets into a cluster of a test. */
export interface ClusterAccess {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  readonly credentials: ClusterCredentials;
  /** A kubeconfig file of an administrator. */
  readonly adminKubeconfig: string;
  /** A certificate for somebody. */
  issueUser(name: string, group?: string): Promise<CertifiedKey>;
  /** A kubeconfig file for somebody with a certificate; for use elsewhere than here, with another URL. */
  userKubeconfig(name: string, group?: string, url?: string): Promise<string>;
  /** A kubeconfig file with a token of the ServiceAccount, which must be there. */
  serviceAccountKubeconfig(account: ServiceAccountName): Promise<string>;
}

/** etcd, kube-apiserver and kube-controller-manager that run. Each is started again when it ends. */
export interface ControlPlane extends ClusterAccess {
  readonly folder: string;
  /** One JSON object a line: every request that was answered, without bodies. */
  readonly auditLog: string;
  /** What runs as of now: `etcd`, `kube-apiserver`, `kube-controller-manager`. */
  processes(): readonly { readonly name: string; readonly pid: number }[];
  /** Has `listener` called whenever one of them began or ended. */
  onProcesses(listener: () => void): void;
  /** Ends all three. Its files stay. */
  stop(): Promise<void>;
}

const STOP_ORDER = [['kube-controller-manager'], ['kube-apiserver'], ['etcd']];

/**
 * Starts a control plane: RBAC, ServiceAccount tokens, the aggregation layer, an audit log, and all controllers
 * (garbage collection by owner reference, namespaces, ServiceAccounts, endpoints, ...). Five seconds on two idle cores.
 * Resolves when the API server and the controller manager call themselves ready; throws, with nothing left running,
 * one sentence that names the log when one of them does not start.
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { folder, advertiseAddress } = options;
  const ports = await findPorts();
  const addresses = [LOOPBACK, KUBERNETES_SERVICE, ...(advertiseAddress === undefined ? [] : [advertiseAddress])];
  const credentials = await createCredentials(join(folder, 'certificates'), addresses);
  const context: CommandContext = { folder, programs: options.programs, credentials, ports, advertiseAddress };
  await writeFile(join(folder, 'audit-policy.yaml'), AUDIT_POLICY);
  const access = await clusterAccess(folder, `https://${LOOPBACK}:${ports.apiserver}`, credentials);

  let running: readonly { name: string; pid: number }[] = [];
  const listeners: (() => void)[] = [];
  const supervisor = new Supervisor(new ProcessFiles(join(folder, 'processes')), {
    running: (processes) => {
      running = processes;
      for (const listener of listeners) listener();
    },
    restarted: () => undefined,
  });
  try {
    await supervisor.start(etcd(context, options.etcdFlags ?? {}));
    await supervisor.start(apiServer(context, options.apiServerFlags ?? {}));
    await options.beforeControllers?.(access);
    const manager = await access.userKubeconfig('system:kube-controller-manager');
    await supervisor.start(controllerManager(context, manager, options.controllerManagerFlags ?? {}));
  } catch (thrown) {
    await supervisor.stop(STOP_ORDER);
    throw thrown;
  }
  return {
    ...access,
    folder,
    auditLog: join(folder, 'audit.log'),
    processes: () => running,
    onProcesses: (listener) => void listeners.push(listener),
    stop: () => supervisor.stop(STOP_ORDER),
  };
}

async function clusterAccess(folder: string, url: string, credentials: ClusterCredentials): Promise<ClusterAccess> {
  const { authority } = credentials;
  const users = join(folder, 'users');
  await mkdir(users, { recursive: true, mode: 0o700 });
  const userKubeconfig = async (name: string, group?: string, server = url): Promise<string> => {
    const text = kubeconfigText(server, authority.certificate, name, await issueUser(authority, name, group));
    const file = join(users, `${name.replaceAll(':', '-')}.kubeconfig`);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const admin = await issueUser(authority, 'admin', 'system:masters');
  return {
    url,
    credentials,
    adminKubeconfig: await userKubeconfig('admin', 'system:masters'),
    issueUser: (name, group) => issueUser(authority, name, group),
    userKubeconfig,
    serviceAccountKubeconfig: (account) =>
      serviceAccountKubeconfig({ url, ca: authority.certificate, identity: admin }, users, account),
  };
}

async function findPorts(): Promise<CommandContext['ports']> {
  const taken = new Set<number>();
  const next = async (): Promise<number> => {
    const port = await freePort(taken);
    taken.add(port);
    return port;
  };
  return { etcd: await next(), peer: await next(), apiserver: await next(), manager: await next() };
}
