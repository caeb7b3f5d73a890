import type { Logger } from '../runtime/log.ts';
import type { KubeClient } from './client.ts';
import { Informer } from './informer.ts';
import type { Change, InformerTimings } from './informer.ts';
import { keyOf } from './objects.ts';
import type { KubeObject, Resource } from './objects.ts';

export interface MetadataInformersOptions {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly resources: readonly Resource[];
  readonly log: Logger;
  readonly timings?: Partial<InformerTimings>;
}

/** A place of an object among all resources. */
export interface ObjectPlace {
  readonly resource: Resource;
  /** `namespace/name` or `name`. */
  readonly key: string;
}

/**
 * Of every object of many resources the metadata that say who it is and who holds it: names, owners, finalizers,
 * deletion. For controllers that treat all kinds alike.
 */
export class MetadataInformers {
  readonly #informers = new Map<string, Informer<KubeObject>>();

  constructor(options: MetadataInformersOptions) {
    for (const resource of options.resources) {
      const informer = new Informer<KubeObject>({
        client: options.client,
        resource,
        log: options.log,
        keep: identityOnly,
        indexes: {
          owner: ({ metadata }) => (metadata.ownerReferences ?? []).map(({ uid }) => uid),
          namespace: ({ metadata }) => (metadata.namespace === undefined ? [] : [metadata.namespace]),
        },
        ...(options.timings === undefined ? {} : { timings: options.timings }),
      });
      this.#informers.set(resourceName(resource), informer);
    }
  }

  get resources(): Resource[] {
    return [...this.#informers.values()].map((informer) => informer.resource);
  }

  start(): void {
    for (const informer of this.#informers.values()) informer.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }

  async waitForSync(signal?: AbortSignal): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.waitForSync(signal)));
  }

  /** The resource called `group/plural`, or undefined when it is not among these. */
  resourceNamed(name: string): Resource | undefined {
    return this.#informers.get(name)?.resource;
  }

  /** The object at a place, or undefined. */
  get({ resource, key }: ObjectPlace): KubeObject | undefined {
    return this.#informers.get(resourceName(resource))?.get(key);
  }

  /** The objects of any resource that name `uid` as an owner. */
  dependentsOf(uid: string): (ObjectPlace & { readonly object: KubeObject })[] {
    return [...this.#informers.values()].flatMap((informer) =>
      informer.byIndex('owner', uid).map((object) => ({ resource: informer.resource, key: keyOf(object), object })),
    );
  }

  /** The objects of one resource in a namespace. */
  inNamespace(resource: Resource, namespace: string): KubeObject[] {
    return this.#informers.get(resourceName(resource))?.byIndex('namespace', namespace) ?? [];
  }

  countInNamespace(resource: Resource, namespace: string): number {
    return this.#informers.get(resourceName(resource))?.countByIndex('namespace', namespace) ?? 0;
  }

  /** Calls `handler` for every change of any resource; objects already known are told as added. */
  onChange(handler: (resource: Resource, change: Change<KubeObject>) => void): () => void {
    const ends = [...this.#informers.values()].map((informer) =>
      informer.onChange((change) => {
        handler(informer.resource, change);
      }),
    );
    return () => {
      for (const end of ends) end();
    };
  }
}

/** What a resource is called among all: `group/plural`, the group of the core resources being empty. */
export function resourceName(resource: Resource): string {
  return `${resource.group}/${resource.plural}`;
}

const KEPT = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'deletionTimestamp',
  'finalizers',
  'ownerReferences',
] as const;

function identityOnly({ metadata }: KubeObject): KubeObject {
  const kept = Object.fromEntries(
    KEPT.flatMap((field) => (metadata[field] === undefined ? [] : [[field, metadata[field]]])),
  );
  return { metadata: kept };
}
