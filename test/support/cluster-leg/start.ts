import { requireKubectl } from '../ensure-kubectl.ts';
import { isOlder } from '../kubernetes/release.ts';
import { provideKubernetes } from '../kubernetes/programs.ts';
import { SecretCollector } from '../secret-collector.ts';
import { createRunFolder } from '../test-run-folder.ts';
import { oldestKubernetes } from './chart.ts';
import { clusterFolder } from './state.ts';
import { startCluster } from './cluster.ts';
import type { StartedCluster } from './cluster.ts';

/** What the teardown, in the same process, needs. */
export interface ClusterRun {
  readonly folder: string;
  readonly cluster: StartedCluster;
  readonly collector: SecretCollector;
}

declare global {
  var clusterRun: ClusterRun | undefined;
}

/**
 * Jest's global set-up of the project "cluster": a real Kubernetes for all suites, with the quickstart applied. When
 * `SC_TEST_CLUSTER` is set already (with `SC_SHARED_STACK`), that one is used and none is started.
 */
export default async function startClusterRun(): Promise<void> {
  await requireKubectl();
  if (clusterFolder() !== undefined) return;
  const programs = await provideKubernetes();
  console.error(`\nKubernetes ${programs.version}, ${programs.source}\n`);
  const oldest = await oldestKubernetes();
  if (isOlder(programs.version, oldest)) {
    console.error(`The charts want Kubernetes ${oldest} or later; ${programs.version} gets what they have for that.\n`);
  }
  // The folder of a run that failed to start stays for its logs; the next run clears it away.
  const folder = await createRunFolder();
  const cluster = await startCluster(programs, folder);
  process.env['SC_TEST_CLUSTER'] = folder;
  process.env['SC_SHARED_STACK'] = cluster.stack.home;
  const collector = new SecretCollector(cluster.plane.adminKubeconfig);
  await collector.start();
  globalThis.clusterRun = { folder, cluster, collector };
}
