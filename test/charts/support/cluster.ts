import { Kubectl } from '../../support/kubectl.ts';
import { clusterKubeconfig } from './environment.ts';
import { eventually } from '../../support/wait.ts';
import { helm, tryHelm } from './helm.ts';
import type { RenderedObject } from './helm.ts';
import type { Ended } from '../../support/run.ts';

/** kubectl as an administrator of the API server of this run. */
export const kubectl = (): Kubectl => new Kubectl(clusterKubeconfig());

/** helm in a namespace of it. */
export const helmOn = (namespace: string, args: readonly string[]): Promise<string> =>
  helm([...args, '--namespace', namespace, '--kubeconfig', clusterKubeconfig()]);
export const tryHelmOn = (namespace: string, args: readonly string[]): Promise<Ended> =>
  tryHelm([...args, '--namespace', namespace, '--kubeconfig', clusterKubeconfig()]);

/** Makes the namespace, in which only pods of the Pod Security Standard "restricted" may run. */
export async function restrictedNamespace(name: string): Promise<void> {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await kubectl().apply(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }));
}

/** Waits until every kind that was added is served. `kubectl wait` gives up on one that has no conditions yet. */
export async function kindsAreServed(): Promise<void> {
  await eventually('kinds that are served', async () => {
    const { items } = await kubectl().json<{ items: Kind[] }>(['get', 'crd']);
    return items.every(({ status }) =>
      status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True'),
    );
  });
}

interface Kind {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null };
}

/** An object, or undefined when there is none. */
export async function find(namespace: string, kind: string, name: string): Promise<RenderedObject | undefined> {
  const text = await kubectl().run(['-n', namespace, 'get', kind, name, '--ignore-not-found', '-o', 'json']);
  return text === '' ? undefined : (JSON.parse(text) as RenderedObject);
}

export async function get(namespace: string, kind: string, name: string): Promise<RenderedObject> {
  const found = await find(namespace, kind, name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name} in ${namespace}`);
  return found;
}

/** The data of a Secret, as they are stored: base64. */
export async function secretData(namespace: string, name: string): Promise<Readonly<Record<string, string>>> {
  return (await get(namespace, 'secret', name))['data'] as Record<string, string>;
}

const KINDS_OF_CHARTS = [
  ...['deployments', 'statefulsets', 'services', 'serviceaccounts', 'configmaps', 'secrets', 'poddisruptionbudgets'],
  ...['networkpolicies', 'roles', 'rolebindings', 'clusterroles', 'clusterrolebindings', 'persistentvolumeclaims'],
  ...['mutatingwebhookconfigurations', 'validatingwebhookconfigurations', 'customresourcedefinitions'],
];

/** What there is of a release, whatever its namespace: `Secret database-broker-auth`, sorted. */
export async function leftOf(release: string, more: readonly string[] = []): Promise<string[]> {
  const kinds = [...KINDS_OF_CHARTS, ...more].join(',');
  const selector = `app.kubernetes.io/instance=${release}`;
  const { items } = await kubectl().json<{ items: RenderedObject[] }>(['get', kinds, '-A', '-l', selector]);
  return items.map(({ kind, metadata }) => `${kind} ${metadata.name}`).toSorted();
}
