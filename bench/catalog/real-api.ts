import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ProcessFiles } from '../../local/processes/process-files.ts';
import { Supervisor } from '../../local/supervisor.ts';
import { renderChart } from '../../test/support/cluster-leg/chart.ts';
import type { ChartObject } from '../../test/support/cluster-leg/chart.ts';
import { apply, installAccess } from '../../test/support/cluster-leg/install.ts';
import { CONTROLLER_ACCOUNT, NAMESPACE, WEBHOOK_ACCOUNT } from '../../test/support/cluster-leg/state.ts';
import { startWebhook } from '../../test/support/cluster-leg/webhook.ts';
import { startControlPlane } from '../../test/support/kubernetes/control-plane.ts';
import type { ControlPlane } from '../../test/support/kubernetes/control-plane.ts';
import { provideKubernetes } from '../../test/support/kubernetes/programs.ts';
import { accountUser } from '../../test/support/cluster-leg/audit.ts';
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
    const accounts = [USER.name, CONTROLLER_ACCOUNT, WEBHOOK_ACCOUNT];
    const audit = new AuditLog(plane.auditLog, new Set(accounts.map((name) => accountUser(NAMESPACE, name))));
    return {
      name: `kube-apiserver ${version}`,
      admission: 'webhook',
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

/** The chart's webhook, which the API server asks from then on. */
async function startAdmission(
  plane: ControlPlane,
  objects: readonly ChartObject[],
): Promise<{ pids(): readonly number[]; stop(): Promise<void> }> {
  let pids: readonly number[] = [];
  const supervisor = new Supervisor(new ProcessFiles(join(plane.folder, 'processes')), {
    running: (running) => {
      pids = running.map(({ pid }) => pid);
    },
    restarted: () => undefined,
  });
  const stop = (): Promise<void> => supervisor.stop([['catalog-webhook']]);
  try {
    await startWebhook(supervisor, plane, objects);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { pids: () => pids, stop };
}

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
