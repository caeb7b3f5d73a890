import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withKube } from '../../local/start-api.ts';
import { installDefinitions } from '../../local/custom-resources.ts';
import { startControlPlane } from '../../test/support/kubernetes/control-plane.ts';
import { provideKubernetes } from '../../test/support/kubernetes/programs.ts';
import type { ApiServer } from './api-server.ts';
import { AuditLog } from './audit-log.ts';
import { cpuSecondsOf } from '../shared/cpu-time.ts';
import type { Processes } from './processes.ts';

const CRDS = join(import.meta.dirname, '../../crds');

/**
 * kube-apiserver on etcd, with kube-controller-manager as in any cluster and without our webhook. etcd syncs its data to
 * the disk before it answers, as in production. Requests are counted in the audit log.
 */
export async function startRealApi(processes: Processes, signal: AbortSignal): Promise<ApiServer> {
  const folder = join(processes.folder, 'kubernetes');
  await mkdir(folder, { mode: 0o700 });
  const programs = await provideKubernetes({ signal });
  const plane = await startControlPlane({
    programs,
    folder,
    etcdFlags: { 'unsafe-no-fsync': 'false' },
    beforeControllers: ({ adminKubeconfig }) =>
      withKube(adminKubeconfig, (kube) => installDefinitions(kube, CRDS, signal)),
  });
  const controllers = 'catalog-controller';
  const audit = new AuditLog(plane.auditLog, new Set(['admin', controllers]));
  return {
    name: `kube-apiserver ${programs.version}`,
    admission: 'none',
    userKubeconfig: plane.adminKubeconfig,
    controllerKubeconfig: await plane.userKubeconfig(controllers, 'system:masters'),
    requests: () => audit.counts(),
    cpuSeconds: async () => {
      const times = plane
        .processes()
        .filter(({ name }) => name === 'kube-apiserver' || name === 'etcd')
        .map(({ pid }) => cpuSecondsOf(pid));
      return (await Promise.all(times)).reduce((sum, time) => sum + time, 0);
    },
    stop: () => plane.stop(),
  };
}
