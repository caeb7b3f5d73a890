import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../../local/processes/free-port.ts';
import { ProcessFiles } from '../../../local/processes/process-files.ts';
import { Supervisor } from '../../../local/supervisor.ts';
import { startControlPlane } from '../kubernetes/control-plane.ts';
import type { ControlPlane } from '../kubernetes/control-plane.ts';
import type { KubernetesPrograms } from '../kubernetes/programs.ts';
import { readEndpoints } from '../shared-stack.ts';
import { startStack } from '../stack.ts';
import type { StartedStack } from '../stack.ts';
import { eventually } from '../wait.ts';
import { accessOf, argumentsOf, renderChart } from './chart.ts';
import type { ChartObject } from './chart.ts';
import { installAccess } from './install.ts';
import { kubectlProxy, program } from './programs.ts';
import type { ClusterState } from './state.ts';
import { CONTROLLER_ACCOUNT, CONTROLLERS, NAMESPACE, processesFile, stateFile } from './state.ts';
import { startWebhook } from './webhook.ts';

/** A real Kubernetes with the Service Catalog in it as the chart would have it, programs as processes of this machine. */
export interface StartedCluster {
  readonly plane: ControlPlane;
  /** Database servers and broker. */
  readonly stack: StartedStack;
  readonly state: ClusterState;
  /** When the API server was started, milliseconds since the epoch: again and again, for suites kill it. */
  readonly apiServerStarts: readonly number[];
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const STOP_ORDER = [[...CONTROLLERS], ['kubectl-proxy', 'catalog-webhook']];
/** The broker's name in the cluster, and where it is. */
const brokerAddress = (port: string): string => `database-broker.${NAMESPACE}.svc:443=${LOOPBACK}:${port}`;

/**
 * Starts etcd, API server and controller manager; installs the chart's kinds, rights and webhook configurations; starts
 * the webhook and two controller managers with tokens of the chart's ServiceAccounts, then databases and broker
 * (`npm start -- --kubeconfig … --no-controllers`), which apply the quickstart. Half a minute on two idle cores.
 */
export async function startCluster(programs: KubernetesPrograms, folder: string): Promise<StartedCluster> {
  const objects = await renderChart({
    namespace: NAMESPACE,
    kubernetesVersion: programs.version,
    // As in the local stack: who deletes a Secret to see what happens should not have to wait for five minutes.
    values: ['controller.resyncInterval=30s'],
  });
  const apiServerStarts = [Date.now()];
  const plane = await startControlPlane({
    programs,
    folder,
    beforeControllers: ({ adminKubeconfig }) => installAccess(adminKubeconfig, objects, programs.version),
  });
  const supervisor = supervise(folder, plane, apiServerStarts);
  const home = await mkdtemp(join(tmpdir(), 'service-catalog-stack-'));
  let starting: Promise<StartedStack> | undefined;
  const stop = async (): Promise<void> => {
    await supervisor.stop(STOP_ORDER);
    const stack = await starting?.catch(() => undefined);
    await stack?.stop();
    await plane.stop();
  };
  try {
    await startWebhook(supervisor, plane, objects);
    const stackArguments = ['--kubeconfig', plane.adminKubeconfig, '--no-controllers'];
    starting = startStack({ home, args: stackArguments });
    starting.catch(() => undefined);
    await startControllers(supervisor, plane, objects, await brokerPort(home, starting));
    const stack = await starting;
    const state: ClusterState = {
      version: programs.version,
      url: plane.url,
      adminKubeconfig: plane.adminKubeconfig,
      auditLog: plane.auditLog,
      logs: join(folder, 'logs'),
      authority: plane.credentials.authority.certificate,
      access: accessOf(objects),
    };
    await writeFile(stateFile(folder), JSON.stringify(state), { mode: 0o600 });
    return { plane, stack, state, apiServerStarts, stop };
  } catch (thrown) {
    await stop();
    await rm(home, { recursive: true, force: true });
    throw thrown;
  }
}

/** Keeps the chart's programs running, tells the suites the numbers of all processes, and notes starts of the API server. */
function supervise(folder: string, plane: ControlPlane, apiServerStarts: number[]): Supervisor {
  const apiServer = (): number | undefined => plane.processes().find(({ name }) => name === 'kube-apiserver')?.pid;
  let last = apiServer();
  let programs: readonly { name: string; pid: number }[] = [];
  let writing = Promise.resolve();
  const tell = (): void => {
    const now = apiServer();
    if (now !== undefined && now !== last) apiServerStarts.push(Date.now());
    last = now;
    const all = JSON.stringify([...plane.processes(), ...programs]);
    writing = writing.then(() => writeFile(processesFile(folder), all)).catch(() => undefined);
  };
  plane.onProcesses(tell);
  tell();
  return new Supervisor(new ProcessFiles(join(folder, 'processes')), {
    running: (processes) => {
      programs = processes;
      tell();
    },
    restarted: () => undefined,
  });
}

/** Both with the same account; the second as behind an ambassador, through plain HTTP and without credentials. */
async function startControllers(
  supervisor: Supervisor,
  plane: ControlPlane,
  objects: readonly ChartObject[],
  port: string,
): Promise<void> {
  const account = await plane.serviceAccountKubeconfig({ namespace: NAMESPACE, name: CONTROLLER_ACCOUNT });
  const proxyPort = await freePort();
  await supervisor.start(kubectlProxy(plane.folder, account, proxyPort));
  const plain = join(plane.folder, 'users', 'ambassador.kubeconfig');
  await writeFile(plain, plainKubeconfig(`http://${LOOPBACK}:${proxyPort}`));
  const taken = new Set<number>();
  const start = async (name: string, kubeconfig: string): Promise<void> => {
    const healthPort = await freePort(taken);
    taken.add(healthPort);
    await supervisor.start(
      program({
        name,
        folder: plane.folder,
        main: 'catalog-controller/main.ts',
        args: [
          ...argumentsOf(objects, 'controller'),
          ...[`--kubeconfig=${kubeconfig}`, `--listen=${LOOPBACK}:${healthPort}`],
          `--broker-address=${brokerAddress(port)}`,
        ],
        readyUrl: `http://${LOOPBACK}:${healthPort}/readyz`,
      }),
    );
  };
  await start(CONTROLLERS[0], account);
  await start(CONTROLLERS[1], plain);
}

const plainKubeconfig = (server: string): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'ambassador', cluster: { server } }],
    contexts: [{ name: 'ambassador', context: { cluster: 'ambassador', user: '' } }],
    'current-context': 'ambassador',
  });

/** The stack knows its ports before anything listens on them. */
async function brokerPort(home: string, starting: Promise<unknown>): Promise<string> {
  const known = eventually('the stack has chosen its ports', async () => (await readEndpoints(home)).broker.url);
  const url = await Promise.race([known, starting.then(() => known)]);
  return new URL(url).port;
}
