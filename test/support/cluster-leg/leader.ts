import { hostname } from 'node:os';
import { createKubeClient } from '../../../lib/kube/api-client.ts';
import { LEASES } from '../../../lib/kube/core-resources.ts';
import { clusterProcesses, LEASE, NAMESPACE } from './state.ts';

/** The process number of the controller manager that holds the Lease, or undefined when none that runs does. */
export async function leaderPid(kubeconfig: string): Promise<number | undefined> {
  const kube = createKubeClient({ kubeconfig, userAgent: 'service-catalog-test' });
  try {
    const lease = await kube.get(LEASES, { namespace: NAMESPACE, name: LEASE });
    const holder = lease?.spec?.holderIdentity ?? '';
    const processes = await clusterProcesses();
    return processes.find(({ pid }) => holder === `${hostname()}-${pid}`)?.pid;
  } finally {
    kube.close();
  }
}

/** Its name: one of the two controller managers. */
export async function leaderName(kubeconfig: string): Promise<string | undefined> {
  const pid = await leaderPid(kubeconfig);
  return (await clusterProcesses()).find((process) => process.pid === pid)?.name;
}
