import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { run } from '../../../local/processes/command.ts';
import { isOlder } from '../kubernetes/release.ts';
import { provideHelm } from '../tools/helm.ts';

const CHART = join(import.meta.dirname, '../../../charts/service-catalog');

/** As much of a rendered object as the tests look at. */
export interface ChartObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly PolicyRule[];
  readonly webhooks?: readonly Webhook[];
  readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly Container[] } } };
}

/** A rule of a Role or ClusterRole. */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

export interface Webhook {
  readonly name: string;
  readonly clientConfig: { readonly service: { readonly path: string } };
}

interface Container {
  readonly name: string;
  readonly args: readonly string[];
}

export interface RenderOptions {
  readonly namespace: string;
  /** Of the cluster it is for: `v1.34.4`. */
  readonly kubernetesVersion: string;
  /** In the notation of `helm --set`. */
  readonly values: readonly string[];
}

/** The oldest release of Kubernetes that the chart lets itself be installed on: `1.25`. */
export async function oldestKubernetes(): Promise<string> {
  const { kubeVersion } = parse(await readFile(join(CHART, 'Chart.yaml'), 'utf8')) as { kubeVersion: string };
  const oldest = /^>=(\d+\.\d+)\.0-0$/.exec(kubeVersion)?.[1];
  if (oldest === undefined) throw new Error(`kubeVersion "${kubeVersion}" in Chart.yaml is of no form known here`);
  return oldest;
}

/**
 * The objects of the chart service-catalog, as `helm template` renders them for a release of that name. For a cluster
 * too old for the chart they are those for the oldest that is not.
 */
export async function renderChart({ namespace, kubernetesVersion, values }: RenderOptions): Promise<ChartObject[]> {
  const helm = await provideHelm();
  const oldest = await oldestKubernetes();
  const version = isOlder(kubernetesVersion, oldest) ? `v${oldest}.0` : kubernetesVersion;
  const text = await run({
    file: helm,
    args: [
      ...['template', 'service-catalog', CHART, '--namespace', namespace, '--kube-version', version],
      ...values.flatMap((value) => ['--set', value]),
    ],
  });
  return parseAllDocuments(text).flatMap((document) => {
    const object = document.toJS() as ChartObject | null;
    return object === null ? [] : [object];
  });
}

const RBAC_KINDS = ['ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'];

/** Who the programs are and what they may do. */
export const accessOf = (objects: readonly ChartObject[]): ChartObject[] =>
  objects.filter(({ kind }) => RBAC_KINDS.includes(kind));

export const definitionsOf = (objects: readonly ChartObject[]): ChartObject[] =>
  objects.filter(({ kind }) => kind === 'CustomResourceDefinition');

/** The arguments with which a pod of the chart starts its program, without the subcommand. */
export function argumentsOf(objects: readonly ChartObject[], container: string): string[] {
  for (const { kind, spec } of objects) {
    if (kind !== 'Deployment') continue;
    const found = spec?.template?.spec.containers.find(({ name }) => name === container);
    if (found !== undefined) return found.args.slice(1);
  }
  throw new Error(`the chart has no Deployment with a container ${container}`);
}

/** The chart's webhook configurations for a webhook that listens outside of the cluster. */
export function webhooksAt(objects: readonly ChartObject[], url: string, authority: string): unknown[] {
  const caBundle = Buffer.from(authority).toString('base64');
  return objects
    .filter(({ kind }) => kind.endsWith('WebhookConfiguration'))
    .map((configuration) => ({
      ...configuration,
      webhooks: (configuration.webhooks ?? []).map((webhook) => ({
        ...webhook,
        clientConfig: { url: `${url}${webhook.clientConfig.service.path}`, caBundle },
      })),
    }));
}
