import type { Kubectl } from '../kubectl.ts';
import { NODE_NAME } from './addresses.ts';

/** As much of a pod as the tests look at. */
export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly containers: readonly { readonly name: string; readonly args?: readonly string[] }[] };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');

/** The pods of one namespace. */
export class Pods {
  readonly #kubectl: Kubectl;
  readonly #namespace: string;

  constructor(kubectl: Kubectl, namespace: string) {
    this.#kubectl = kubectl;
    this.#namespace = namespace;
  }

  /** Those that are ready and not about to go; all, or with these labels: `app=my-app`. */
  async ready(selector = ''): Promise<Pod[]> {
    const { items } = await this.#kubectl.json<{ items: Pod[] }>([
      ...this.#in,
      'get',
      'pods',
      `--selector=${selector}`,
    ]);
    return items.filter(isReady);
  }

  /** Those that are ready, of the chart's component with this name. */
  ofComponent(component: string): Promise<Pod[]> {
    return this.ready(`app.kubernetes.io/component=${component}`);
  }

  /** Waits until there is none. */
  async untilGone(): Promise<void> {
    await this.#kubectl.run([...this.#in, 'wait', '--for=delete', 'pods', '--all', '--timeout=100s']);
  }

  /** Runs a JavaScript module in a pod that has Node, and returns the JSON it prints. */
  async evaluate<T>(pod: Pod, code: string): Promise<T> {
    const node = ['node', '--input-type=module', '--eval', code];
    return JSON.parse(await this.#kubectl.run([...this.#in, 'exec', pod.metadata.name, '--', ...node])) as T;
  }

  /** Everything that all containers have printed up to now, those that were started again included. */
  async logs(): Promise<string> {
    const { items } = await this.#kubectl.json<{ items: Pod[] }>([...this.#in, 'get', 'pods']);
    const texts: string[] = [];
    for (const { metadata } of items) {
      for (const which of [[], ['--previous']]) {
        // Without an earlier container there is no earlier log.
        texts.push(
          (await this.#kubectl.try([...this.#in, 'logs', metadata.name, '--all-containers', ...which])).stdout,
        );
      }
    }
    return texts.join('\n');
  }

  /** Memory in use by each pod, as the kubelet measures it (working set, bytes), by the name of the pod. */
  async memory(): Promise<ReadonlyMap<string, number>> {
    const path = `/api/v1/nodes/${NODE_NAME}/proxy/stats/summary`;
    const { pods } = JSON.parse(await this.#kubectl.run(['get', '--raw', path])) as StatsSummary;
    const own = pods.filter(({ podRef }) => podRef.namespace === this.#namespace);
    return new Map(own.map(({ podRef, memory }) => [podRef.name, memory?.workingSetBytes ?? 0]));
  }

  get #in(): string[] {
    return ['--namespace', this.#namespace];
  }
}

interface StatsSummary {
  readonly pods: readonly {
    readonly podRef: { readonly name: string; readonly namespace: string };
    readonly memory?: { readonly workingSetBytes?: number };
  }[];
}
