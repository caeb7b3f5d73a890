import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FINALIZER, SERVICE_BINDINGS } from '../../lib/catalog/resources.ts';
import { apiVersionOf } from '../../lib/kube/objects.ts';
import { ProcessFiles } from '../../local/processes/process-files.ts';
import { Supervisor } from '../../local/supervisor.ts';
import { accountUser } from '../../test/support/cluster-leg/audit.ts';
import { argumentsOf, renderChart } from '../../test/support/cluster-leg/chart.ts';
import type { ChartObject } from '../../test/support/cluster-leg/chart.ts';
import { apply, installAccess, remove } from '../../test/support/cluster-leg/install.ts';
import { CONTROLLER_ACCOUNT, NAMESPACE, WEBHOOK_ACCOUNT } from '../../test/support/cluster-leg/state.ts';
import { startWebhook } from '../../test/support/cluster-leg/webhook.ts';
import { startControlPlane } from '../../test/support/kubernetes/control-plane.ts';
import type { ControlPlane } from '../../test/support/kubernetes/control-plane.ts';
import { provideKubernetes } from '../../test/support/kubernetes/programs.ts';
import { eventually } from '../../test/support/wait.ts';
import type { ApiServer } from './api-server.ts';
import { AuditLog } from './audit-log.ts';
import { cpuSecondsOf } from '../shared/cpu-time.ts';
import type { Processes } from './processes.ts';

/** Who applies objects, and who does the work by hand: an account too, so that all ways are recognized alike. */
const USER = { namespace: NAMESPACE, name: 'bench' };

/**
 * kube-apiserver on etcd as the chart has it: its kinds, its rights, its admission webhook and tokens of its
 * ServiceAccounts, with kube-controller-manager beside it as in any cluster. etcd syncs its data to the disk before it
 * answers, as in production. Requests are counted in the audit log.
 */
export async function startRealApi(processes: Processes, signal: AbortSignal): Promise<ApiServer> {
  const folder = join(processes.folder, 'kubernetes');
  await mkdir(folder, { mode: 0o700 });
  const programs = await provideKubernetes({ signal });
  const { version } = programs;
  const objects = await renderChart({ namespace: NAMESPACE, kubernetesVersion: version, values: [] });
  const plane = await startControlPlane({
    programs,
    folder,
    etcdFlags: { 'unsafe-no-fsync': 'false' },
    beforeControllers: async ({ adminKubeconfig }) => {
      await installAccess(adminKubeconfig, objects, version);
      await apply(adminKubeconfig, USER_OBJECTS);
    },
  });
  try {
    const webhook = await startAdmission(plane, objects);
    const stop = async (): Promise<void> => {
      await webhook.stop();
      await plane.stop();
    };
    const user = (name: string): string => accountUser(NAMESPACE, name);
    const audit = new AuditLog(plane.auditLog, [user(USER.name), user(CONTROLLER_ACCOUNT)], user(WEBHOOK_ACCOUNT));
    return {
      name: `kube-apiserver ${version}`,
      // All but what is about pods, and but leader election: there is one.
      controllerFlags: argumentsOf(objects, 'controller').filter((flag) => /^--(?:admission|cluster-id)/.test(flag)),
      admit: (on) => webhook.admit(on),
      userKubeconfig: await plane.serviceAccountKubeconfig(USER),
      controllerKubeconfig: await plane.serviceAccountKubeconfig({ namespace: NAMESPACE, name: CONTROLLER_ACCOUNT }),
      requests: () => audit.counts(),
      cpuSeconds: async () => {
        const servers = plane.processes().filter(({ name }) => name === 'kube-apiserver' || name === 'etcd');
        const pids = [...servers.map(({ pid }) => pid), ...webhook.pids()];
        const times = await Promise.all(pids.map((pid) => cpuSecondsOf(pid)));
        return times.reduce((sum, time) => sum + time, 0);
      },
      stop,
    };
  } catch (thrown) {
    await plane.stop();
    throw thrown;
  }
}

interface Admission {
  pids(): readonly number[];
  /** Has the API server ask the webhook, or no longer; resolves when it does. */
  admit(on: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** The chart's webhook, which the API server asks from then on. */
async function startAdmission(plane: ControlPlane, objects: readonly ChartObject[]): Promise<Admission> {
  let pids: readonly number[] = [];
  const supervisor = new Supervisor(new ProcessFiles(join(plane.folder, 'processes')), {
    running: (running) => {
      pids = running.map(({ pid }) => pid);
    },
    restarted: () => undefined,
  });
  const stop = (): Promise<void> => supervisor.stop([['catalog-webhook']]);
  let configurations: unknown[];
  try {
    configurations = await startWebhook(supervisor, plane, objects);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  const admin = plane.adminKubeconfig;
  return {
    pids: () => pids,
    admit: async (on) => {
      if (on) await apply(admin, configurations);
      else await remove(admin, configurations);
      await eventually(`the API server ${on ? 'asks' : 'does not ask'} the webhook`, async () => {
        // It heeds a configuration a moment after that was stored.
        const probe = await apply(admin, [PROBE], ['--dry-run=server', '--output=json']);
        return probe.includes(FINALIZER) === on;
      });
    },
    stop,
  };
}

const PROBE = {
  apiVersion: apiVersionOf(SERVICE_BINDINGS),
  kind: SERVICE_BINDINGS.kind,
  metadata: { namespace: NAMESPACE, name: 'probe' },
  spec: { instanceRef: { name: 'none' } },
};

const USER_OBJECTS = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: USER },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: USER.name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', ...USER }],
  },
];
