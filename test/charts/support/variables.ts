/** How the set-up, which runs in a scope of its own, tells the tests what there is. */
export const HELM = 'SC_TEST_HELM';
export const CLUSTER = 'SC_CHARTS_KUBECONFIG';
export const NO_HELM = 'SC_CHARTS_NO_HELM';
export const NO_CLUSTER = 'SC_CHARTS_NO_CLUSTER';
