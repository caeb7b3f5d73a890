import { oldestKubernetes } from '../../support/cluster-leg/chart.ts';
import { requireKubectl } from '../../support/ensure-kubectl.ts';
import { startControlPlane } from '../../support/kubernetes/control-plane.ts';
import type { ControlPlane } from '../../support/kubernetes/control-plane.ts';
import { provideKubernetes } from '../../support/kubernetes/programs.ts';
import { whyNotHere } from '../../support/not-here.ts';
import { createRunFolder } from '../../support/test-run-folder.ts';
import { provideHelm } from '../../support/tools/helm.ts';
import { CLUSTER, HELM, NO_CLUSTER, NO_HELM } from './variables.ts';

declare global {
  var chartsRun: { readonly folder: string; readonly plane: ControlPlane } | undefined;
}

/**
 * Jest's global set-up of the project "charts": a helm and a real API server. Where the machine lacks what one of them
 * takes, the tests that need it say so instead of running; anything else that goes wrong here fails the run.
 */
export default async function startChartsRun(): Promise<void> {
  try {
    process.env[HELM] = await provideHelm();
  } catch (thrown) {
    notRun(NO_HELM, 'every test of the charts', `there is no helm and none can be built (${whyNotHere(thrown)})`);
    return;
  }
  await requireKubectl();
  try {
    const programs = await provideKubernetes({ oldest: await oldestKubernetes() });
    const folder = await createRunFolder();
    const plane = await startControlPlane({ programs, folder });
    process.env[CLUSTER] = plane.adminKubeconfig;
    globalThis.chartsRun = { folder, plane };
  } catch (thrown) {
    notRun(NO_CLUSTER, 'every test of the charts on an API server', whyNotHere(thrown));
  }
}

function notRun(variable: string, what: string, why: string): void {
  process.env[variable] = why;
  console.error(`\nNOT RUN: ${what}: ${why}\n`);
}
