import { recordHome, recordLogs, recordText } from '../evidence.ts';
import { removeRunFolder } from '../test-run-folder.ts';
import { readAudit } from './audit.ts';
import { grantsOf } from './grants.ts';
import { judgeAudit } from './judge-audit.ts';
import './start.ts';
import { CONTROLLER_ACCOUNT, NAMESPACE } from './state.ts';

/**
 * Jest's global teardown of the project "cluster": stops everything, leaves what a search for secrets reads, and looks
 * at the audit log of the whole run. Throws, which fails the run, when that shows a request of the controllers or of the
 * webhook that was denied or that the chart does not grant, or a right of the chart that nothing used.
 */
export default async function stopClusterRun(options: { testPathPatterns?: { patterns?: string[] } }): Promise<void> {
  const run = globalThis.clusterRun;
  if (run === undefined) return;
  const { folder, cluster, collector } = run;
  await collector.stop();
  await cluster.stop();
  await recordHome('cluster-stack', cluster.stack.home);
  await recordLogs('cluster', cluster.state.logs);
  await recordLogs('audit.log', cluster.state.auditLog);
  await recordText('npm-start-cluster.txt', cluster.stack.output());
  const { faults, requests } = judgeAudit({
    events: await readAudit(cluster.state.auditLog),
    grants: grantsOf(cluster.state.access),
    rare: RARE,
    complete: (options.testPathPatterns?.patterns ?? []).length === 0,
    starts: cluster.apiServerStarts,
  });
  await cluster.stack.remove();
  await removeRunFolder(folder);
  if (faults.length > 0) throw new Error(`the audit log and the chart's RBAC do not agree:\n${faults.join('\n')}`);
  console.error(`\naudit log: ${requests} requests of the controllers and the webhook, all of them granted\n`);
}

const OFFERINGS = ['clusterserviceclasses', 'clusterserviceplans', 'serviceclasses', 'serviceplans'];
const READ_AGAIN = 'it is marked as gone from the catalog, and somebody has changed it in that very moment';

/** Rights whose use needs a coincidence, or damage, that no suite brings about every time. */
const RARE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    OFFERINGS.map((plural) => [`${CONTROLLER_ACCOUNT}: get ${plural}.servicecatalog.k8s.io`, READ_AGAIN]),
  ),
  [`${CONTROLLER_ACCOUNT}: update configmaps in ${NAMESPACE}`]: 'the ConfigMap of the cluster id has lost the id',
};
