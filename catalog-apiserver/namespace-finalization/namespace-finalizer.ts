import { isDeepStrictEqual } from 'node:util';
import { isNotFound } from '../../lib/kube/client.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import { again, changesOf, Controller, DONE } from '../../lib/kube/controller.ts';
import type { ControllerObserver, Result } from '../../lib/kube/controller.ts';
import { NAMESPACES } from '../../lib/kube/core-resources.ts';
import type { Namespace } from '../../lib/kube/core-resources.ts';
import { Informer } from '../../lib/kube/informer.ts';
import type { InformerTimings } from '../../lib/kube/informer.ts';
import type { MetadataInformers } from '../../lib/kube/metadata-informers.ts';
import type { Resource } from '../../lib/kube/objects.ts';
import { systemClock } from '../../lib/runtime/clock.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import { namespaceConditions } from './conditions.ts';
import type { NamespaceCondition } from './conditions.ts';
import { emptyNamespace, stageIsOver } from './empty-namespace.ts';
import type { Pass } from './empty-namespace.ts';

export interface NamespaceFinalizerOptions {
  readonly client: KubeClient;
  /** Started; what it does not follow is looked up on the server. */
  readonly metadata: MetadataInformers;
  /** Every resource with a namespace that the server has, events included. */
  readonly resources: readonly Resource[];
  readonly log: Logger;
  readonly clock?: Clock;
  readonly timings?: Partial<InformerTimings>;
  readonly observer?: ControllerObserver;
}

/** The finalizer in `spec.finalizers` that this controller takes off when the namespace is empty. */
const FINALIZER = 'kubernetes';
/** While content remains, the conditions are brought up to date this often; its going is noticed at once. */
const RECHECK_MS = 5_000;

/**
 * Empties namespaces that are being deleted: deletes everything in them, waits until finalizers have let go of it,
 * says in the conditions what remains, and in the end lets the namespace itself go.
 */
export function startNamespaceFinalizer(options: NamespaceFinalizerOptions): { stop(): Promise<void> } {
  const { client, metadata, log } = options;
  const namespaces = new Informer<Namespace>({
    client,
    resource: NAMESPACES,
    log,
    ...(options.timings === undefined ? {} : { timings: options.timings }),
  });
  const resources = options.resources.filter(({ namespaced }) => namespaced);
  const finalizer = new NamespaceFinalizer({ ...options, resources }, namespaces);
  const controller = new Controller({
    name: 'namespace-finalizer',
    sources: [
      changesOf(namespaces, ({ key, object }) => (isTerminating(object) ? [key] : [])),
      {
        waitForSync: (signal) => metadata.waitForSync(signal),
        subscribe: (add) =>
          metadata.onChange((_resource, { type, object }) => {
            const { namespace } = object.metadata;
            if (namespace === undefined || type === 'updated') return;
            const known = namespaces.get(namespace);
            if (known === undefined || !isTerminating(known)) return;
            if (type === 'added' || stageIsOver(metadata, resources, namespace)) add(namespace);
          }),
      },
    ],
    reconcile: (name, signal) => finalizer.reconcile(name, signal),
    log,
    backoff: { initialMs: 200, maximumMs: 30_000 },
    ...(options.observer === undefined ? {} : { observer: options.observer }),
  });
  namespaces.start();
  // Only stopping ends the wait for the first lists.
  controller.start().catch(() => undefined);
  return {
    stop: async () => {
      await controller.stop();
      await namespaces.stop();
    },
  };
}

class NamespaceFinalizer {
  readonly #options: NamespaceFinalizerOptions;
  readonly #clock: Clock;
  readonly #namespaces: Informer<Namespace>;

  constructor(options: NamespaceFinalizerOptions, namespaces: Informer<Namespace>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#namespaces = namespaces;
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Result> {
    const namespace = this.#namespaces.get(name);
    if (namespace === undefined || !isTerminating(namespace)) return DONE;
    const { client, metadata, resources } = this.#options;
    const pass = await emptyNamespace(client, metadata, resources, name, signal);
    if (pass.remaining.length > 0) {
      await this.#report(namespace, pass, signal);
      return again(this.#clock.now() + RECHECK_MS);
    }
    await this.#finalize(name, namespace.metadata.uid, signal);
    return DONE;
  }

  /** Writes the conditions when they say something new. */
  async #report(namespace: Namespace, { remaining, failures }: Pass, signal: AbortSignal): Promise<void> {
    const previous = (namespace.status?.conditions ?? []) as NamespaceCondition[];
    const now = new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
    const conditions = namespaceConditions(previous, remaining, failures, now);
    if (namespace.status?.phase === 'Terminating' && isDeepStrictEqual(previous, conditions)) return;
    const body = { metadata: { uid: namespace.metadata.uid }, status: { phase: 'Terminating', conditions } };
    const key = { name: namespace.metadata.name ?? '' };
    const written = await this.#options.client.patch(
      NAMESPACES,
      key,
      { type: 'merge', body },
      { subresource: 'status', signal },
    );
    this.#namespaces.observeWrite(written);
  }

  async #finalize(name: string, uid: string | undefined, signal: AbortSignal): Promise<void> {
    const { client, log } = this.#options;
    const live = await client.get(NAMESPACES, { name }, signal);
    if (live === undefined || live.metadata.uid !== uid || !isTerminating(live)) return;
    const finalizers = (live.spec?.finalizers ?? []).filter((one) => one !== FINALIZER);
    try {
      await client.replace(
        NAMESPACES,
        { ...live, spec: { ...live.spec, finalizers } },
        { subresource: 'finalize', signal },
      );
    } catch (thrown) {
      if (!isNotFound(thrown)) throw thrown;
    }
    log.info({ namespace: name }, 'the namespace is empty and may go');
  }
}

function isTerminating({ metadata, spec }: Namespace): boolean {
  return metadata.deletionTimestamp !== undefined && (spec?.finalizers ?? []).includes(FINALIZER);
}
