import { describe } from '@jest/globals';
import { CLUSTER, NO_CLUSTER, NO_HELM } from './variables.ts';

/** `describe` for tests that need helm. Where there is none they count as skipped, under a name that says why. */
export function describeWithHelm(name: string, tests: () => void): void {
  describeUnless(name, [NO_HELM], tests);
}

/** `describe` for tests that need helm, kubectl and a real API server. */
export function describeOnCluster(name: string, tests: () => void): void {
  describeUnless(name, [NO_HELM, 'SC_NO_KUBECTL', NO_CLUSTER], tests);
}

function describeUnless(name: string, missing: readonly string[], tests: () => void): void {
  const why = missing.map((variable) => process.env[variable]).find((reason) => reason !== undefined);
  if (why === undefined) describe(name, tests);
  else describe.skip(`NOT RUN, ${why}: ${name}`, tests);
}

/** The kubeconfig of the API server's administrator. */
export function clusterKubeconfig(): string {
  const file = process.env[CLUSTER];
  if (file === undefined) throw new Error(`${CLUSTER} is not set: run this in the jest project "charts"`);
  return file;
}
