import { setTimeout as sleep } from 'node:timers/promises';
import { isTrue } from '../../lib/catalog/conditions.ts';
import type { ConditionHolder } from '../../lib/catalog/conditions.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import type { KubeObject, Resource } from '../../lib/kube/objects.ts';

export type State = 'Ready' | 'gone';

/** Longer than any turn takes: a turn that hangs ends with an error. */
const PATIENCE_MS = 600_000;

/** One watch on the objects of one namespace, as `kubectl wait` or a dashboard has it: tells when they are Ready or gone. */
export class Watched {
  readonly #client: KubeClient;
  readonly #resource: Resource;
  readonly #namespace: string;
  readonly #states = new Map<string, State>();
  readonly #waiting = new Map<string, () => void>();
  readonly #failed = Promise.withResolvers<never>();

  constructor(client: KubeClient, resource: Resource, namespace: string) {
    this.#client = client;
    this.#resource = resource;
    this.#namespace = namespace;
    this.#failed.promise.catch(() => undefined);
  }

  /** Watches from now on, until `signal` aborts. */
  async start(signal: AbortSignal): Promise<void> {
    const { resourceVersion } = await this.#client.list(this.#resource, { namespace: this.#namespace, signal });
    this.#follow(resourceVersion, signal).catch((thrown: unknown) => {
      this.#failed.reject(thrown);
    });
  }

  /** Resolves when the object is Ready, or gone after it was there. Rejects when the watch breaks or nothing happens. */
  async until(name: string, state: State): Promise<void> {
    if (this.#states.get(name) === state) return;
    const reached = new Promise<void>((resolve) => this.#waiting.set(`${name} ${state}`, resolve));
    const timer = new AbortController();
    const late = sleep(PATIENCE_MS, undefined, { signal: timer.signal, ref: false }).then(() => {
      throw new Error(`${this.#resource.kind} ${name} is not ${state} after ${PATIENCE_MS / 1_000} s`);
    });
    late.catch(() => undefined);
    await Promise.race([reached, late, this.#failed.promise]).finally(() => {
      timer.abort();
    });
  }

  /** A server that is busy ends watches that cannot keep up; they are taken up where they ended. */
  async #follow(resourceVersion: string, signal: AbortSignal): Promise<void> {
    let version = resourceVersion;
    while (!signal.aborted) version = await this.#watch(version, signal);
  }

  /** Until the server ends the watch; returns how far it has told. */
  async #watch(resourceVersion: string, signal: AbortSignal): Promise<string> {
    let told = resourceVersion;
    const events = this.#client.watch<KubeObject & { status?: ConditionHolder }>(this.#resource, {
      namespace: this.#namespace,
      resourceVersion,
      timeoutSeconds: 2 * (PATIENCE_MS / 1_000),
      idleTimeoutMs: PATIENCE_MS,
      signal,
    });
    for await (const event of events) {
      if (event.type === 'BOOKMARK') {
        told = event.resourceVersion;
        continue;
      }
      const { metadata, status } = event.object;
      told = metadata.resourceVersion ?? told;
      if (event.type === 'DELETED') this.#reached(metadata.name ?? '', 'gone');
      else if (isTrue(status, 'Ready')) this.#reached(metadata.name ?? '', 'Ready');
    }
    return told;
  }

  #reached(name: string, state: State): void {
    this.#states.set(name, state);
    const waiting = `${name} ${state}`;
    this.#waiting.get(waiting)?.();
    this.#waiting.delete(waiting);
  }
}
