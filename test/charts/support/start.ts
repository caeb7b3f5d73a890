import { toError } from '../../../lib/runtime/errors.ts';
import { oldestKubernetes } from '../../support/cluster-leg/chart.ts';
import { provideKubectl } from '../../support/ensure-kubectl.ts';
import { startControlPlane } from '../../support/kubernetes/control-plane.ts';
import type { ControlPlane } from '../../support/kubernetes/control-plane.ts';
import { provideKubernetes } from '../../support/kubernetes/programs.ts';
import { createRunFolder } from '../../support/test-run-folder.ts';
import { provideHelm } from '../../support/tools/helm.ts';
import { CLUSTER, HELM, NO_CLUSTER, NO_HELM } from './variables.ts';

declare global {
  var chartsRun: { readonly folder: string; readonly plane: ControlPlane } | undefined;
}

/**
 * Jest's global set-up of the project "charts": a helm and a real API server. Where one of them cannot be had, the tests
 * that need it say so instead of running.
 */
export default async function startChartsRun(): Promise<void> {
  try {
    process.env[HELM] = await provideHelm();
  } catch (thrown) {
    notRun(NO_HELM, 'every test of the charts', `there is no helm and none can be built (${toError(thrown).message})`);
    return;
  }
  await provideKubectl();
  try {
    const programs = await provideKubernetes({ oldest: await oldestKubernetes() });
    const folder = await createRunFolder();
    const plane = await startControlPlane({ programs, folder });
    process.env[CLUSTER] = plane.adminKubeconfig;
    globalThis.chartsRun = { folder, plane };
  } catch (thrown) {
    notRun(NO_CLUSTER, 'every test of the charts on an API server', toError(thrown).message);
  }
}

function notRun(variable: string, what: string, why: string): void {
  process.env[variable] = why;
  console.error(`\nNOT RUN: ${what}: ${why}\n`);
}
