import type { Kubectl } from './kubectl.ts';
import { eventually } from './wait.ts';

/** As much of an object as the end-to-end suites look at. */
export interface SeenObject {
  metadata: { name: string; namespace?: string; uid: string; resourceVersion: string; finalizers?: string[] };
  spec: Record<string, unknown>;
  status?: {
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    externalProperties?: { clusterServicePlanExternalName?: string; parameters?: Record<string, unknown> };
    lastConditionState?: string;
  };
}

export const conditionOf = (object: SeenObject, type: string): { status: string; reason: string; message: string } => {
  const found = object.status?.conditions?.find((one) => one.type === type);
  return { status: found?.status ?? '', reason: found?.reason ?? '', message: found?.message ?? '' };
};

/** What an end-to-end suite does with objects of one namespace, as a user would, through kubectl. */
export class Cluster {
  readonly kubectl: Kubectl;
  readonly namespace: string;

  constructor(kubectl: Kubectl, namespace: string) {
    this.kubectl = kubectl;
    this.namespace = namespace;
  }

  /** The object, or undefined when there is none. */
  async find(kind: string, name: string): Promise<SeenObject | undefined> {
    const ended = await this.kubectl.try(['-n', this.namespace, 'get', kind, name, '-o', 'json']);
    if (ended.code === 0) return JSON.parse(ended.stdout) as SeenObject;
    if (ended.stderr.includes('NotFound')) return undefined;
    throw new Error(ended.stderr);
  }

  /** Waits until the condition `type` of the object is as `matches` wants it. */
  async untilCondition(
    kind: string,
    name: string,
    type: string,
    matches: (condition: { status: string; reason: string; message: string }) => boolean,
  ): Promise<SeenObject> {
    return eventually(
      `${kind} ${name} has the wanted condition ${type}`,
      async () => {
        const object = await this.find(kind, name);
        return object !== undefined && matches(conditionOf(object, type)) ? object : undefined;
      },
      { describe: async () => (await this.find(kind, name))?.status?.conditions ?? 'no such object' },
    );
  }

  untilReady(kind: string, name: string): Promise<SeenObject> {
    return this.untilCondition(kind, name, 'Ready', (condition) => condition.status === 'True');
  }

  untilReason(kind: string, name: string, reason: string): Promise<SeenObject> {
    return this.untilCondition(kind, name, 'Ready', (condition) => condition.reason === reason);
  }

  async untilGone(kind: string, name: string): Promise<void> {
    await eventually(`${kind} ${name} is gone`, async () => (await this.find(kind, name)) === undefined, {
      describe: async () => (await this.find(kind, name))?.status?.conditions ?? 'gone',
    });
  }

  /**
   * Gives back what is still ordered here and waits until that is done. The namespace is deleted too, without waiting:
   * Kubernetes itself looks after it only seconds later, and again seconds later when it was not empty.
   */
  async leave(): Promise<void> {
    const all = 'servicebindings,serviceinstances';
    await this.kubectl.run(['-n', this.namespace, 'delete', all, '--all', '--timeout=90s']);
    await this.kubectl.run(['delete', 'namespace', this.namespace, '--wait=false', '--ignore-not-found']);
  }

  /** The decoded data of a Secret, or undefined when there is none. */
  async secret(name: string): Promise<Record<string, string> | undefined> {
    const ended = await this.kubectl.try(['-n', this.namespace, 'get', 'secret', name, '-o', 'json']);
    if (ended.code !== 0) return undefined;
    const { data } = JSON.parse(ended.stdout) as { data?: Record<string, string> };
    return Object.fromEntries(
      Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  }
}
