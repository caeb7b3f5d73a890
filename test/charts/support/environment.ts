import { describeUnless } from '../../support/describe-unless.ts';
import { CLUSTER, NO_CLUSTER, NO_HELM } from './variables.ts';

/** `describe` for tests that need helm, where there is one. */
export function describeWithHelm(name: string, tests: () => void): void {
  describeUnless(process.env[NO_HELM], name, tests);
}

/** `describe` for tests that need helm, kubectl and a real API server, where there are all three. */
export function describeOnCluster(name: string, tests: () => void): void {
  const { [NO_HELM]: noHelm, SC_NO_KUBECTL: noKubectl, [NO_CLUSTER]: noCluster } = process.env;
  describeUnless(noHelm ?? noKubectl ?? noCluster, name, tests);
}

/** The kubeconfig of the API server's administrator. */
export function clusterKubeconfig(): string {
  const file = process.env[CLUSTER];
  if (file === undefined) throw new Error(`${CLUSTER} is not set: run this in the jest project "charts"`);
  return file;
}
