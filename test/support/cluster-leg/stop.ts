import { recordHome, recordLogs, recordText } from '../evidence.ts';
import { removeRunFolder } from '../test-run-folder.ts';
import './start.ts';

/** Jest's global teardown of the project "cluster": leaves what a search for secrets reads, and stops everything. */
export default async function stopClusterRun(): Promise<void> {
  const run = globalThis.clusterRun;
  if (run === undefined) return;
  const { folder, cluster, collector } = run;
  await collector.stop();
  await cluster.stop();
  await recordHome('cluster-stack', cluster.stack.home);
  await recordLogs('cluster', cluster.state.logs);
  await recordLogs('audit.log', cluster.state.auditLog);
  await recordText('npm-start-cluster.txt', cluster.stack.output());
  await cluster.stack.remove();
  await removeRunFolder(folder);
}
