import type { KubeClient } from '../../lib/kube/client.ts';
import { Controller, DONE } from '../../lib/kube/controller.ts';
import type { ControllerObserver, Result } from '../../lib/kube/controller.ts';
import type { Change } from '../../lib/kube/informer.ts';
import { resourceName } from '../../lib/kube/metadata-informers.ts';
import type { MetadataInformers, ObjectPlace } from '../../lib/kube/metadata-informers.ts';
import { parseKey } from '../../lib/kube/objects.ts';
import type { KubeObject, Resource } from '../../lib/kube/objects.ts';
import type { Logger } from '../../lib/runtime/log.ts';
import { blocks, decideDependent, FOREGROUND, isOrphaning, isWaiting, ORPHAN } from './decide.ts';
import { OwnerLookup } from './owner-lookup.ts';
import { deleteAsSeen, dropFinalizer, dropReferences, unblockOwners } from './perform.ts';

export interface GarbageCollectorOptions {
  readonly client: KubeClient;
  /** Started, of every resource whose objects may be owners or owned. */
  readonly metadata: MetadataInformers;
  readonly log: Logger;
  readonly observer?: ControllerObserver;
}

/**
 * Deletes what is owned by objects that are gone, and carries out foreground and orphan deletion, as Kubernetes'
 * garbage collector does. Looks at an object when it, an owner or a dependent of it changed; nothing else.
 */
export function startGarbageCollector(options: GarbageCollectorOptions): { stop(): Promise<void> } {
  const collector = new GarbageCollector(options);
  const controller = new Controller({
    name: 'garbage-collector',
    sources: [
      {
        waitForSync: (signal) => options.metadata.waitForSync(signal),
        subscribe: (add) =>
          options.metadata.onChange((resource, change) => {
            for (const place of collector.concernedBy(resource, change)) add(formatPlace(place));
          }),
      },
    ],
    reconcile: (key, signal) => collector.reconcile(key, signal),
    log: options.log,
    concurrencyPerGroup: 10,
    backoff: { initialMs: 50, maximumMs: 60_000 },
    ...(options.observer === undefined ? {} : { observer: options.observer }),
  });
  // Only stopping ends the wait for the first lists.
  controller.start().catch(() => undefined);
  return controller;
}

class GarbageCollector {
  readonly #client: KubeClient;
  readonly #metadata: MetadataInformers;
  readonly #log: Logger;
  readonly #owners: OwnerLookup;

  constructor({ client, metadata, log }: GarbageCollectorOptions) {
    this.#client = client;
    this.#metadata = metadata;
    this.#log = log.child({ controller: 'garbage-collector' });
    this.#owners = new OwnerLookup(client, metadata);
  }

  /** Which objects to look at after a change. */
  *concernedBy(resource: Resource, change: Change<KubeObject>): Iterable<ObjectPlace> {
    const { object, key } = change;
    const before = change.type === 'updated' ? change.previous : undefined;
    const uid = object.metadata.uid ?? '';
    if (change.type === 'deleted') {
      this.#owners.noteGone({ resource, key }, uid);
      yield* this.#metadata.dependentsOf(uid);
    } else if (isOrphaning(object)) {
      yield { resource, key };
    } else if (isWaiting(object)) {
      yield { resource, key };
      if (before === undefined || !isWaiting(before)) yield* this.#metadata.dependentsOf(uid);
    } else if (object.metadata.ownerReferences !== undefined) {
      yield { resource, key };
    }
    // A dependent less, or one that no longer blocks: its owners may have waited for that.
    const references = [...(before?.metadata.ownerReferences ?? []), ...(object.metadata.ownerReferences ?? [])];
    for (const reference of references) {
      const place = this.#owners.placeOf(reference, object);
      const owner = place === undefined ? undefined : this.#metadata.get(place);
      if (place !== undefined && owner !== undefined && isWaiting(owner)) yield place;
    }
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const place = this.#parsePlace(key);
    const known = this.#metadata.get(place);
    if (known === undefined) return DONE;
    if (isOrphaning(known)) await this.#orphanDependents(place, known, signal);
    else if (isWaiting(known)) await this.#finishWaiting(place, known, signal);
    else if (known.metadata.deletionTimestamp === undefined) await this.#collect(place, known, signal);
    return DONE;
  }

  /** Takes the object off all its dependents, then lets it go. */
  async #orphanDependents(place: ObjectPlace, known: KubeObject, signal: AbortSignal): Promise<void> {
    const uid = known.metadata.uid ?? '';
    for (const dependent of this.#dependentsOf(place, uid)) {
      const live = await this.#client.get(dependent.resource, parseKey(dependent.key), signal);
      if (live?.metadata.ownerReferences?.some((reference) => reference.uid === uid) !== true) continue;
      await dropReferences(this.#client, dependent, live, [uid], signal);
    }
    const live = await this.#live(place, known, signal);
    if (live === undefined || !isOrphaning(live)) return;
    await dropFinalizer(this.#client, place, live, ORPHAN, signal);
    this.#log.info({ object: formatPlace(place) }, 'its dependents were left behind');
  }

  /** Lets an object go that waited for its dependents, when none of them keeps it any more. */
  async #finishWaiting(place: ObjectPlace, known: KubeObject, signal: AbortSignal): Promise<void> {
    const uid = known.metadata.uid ?? '';
    if (this.#dependentsOf(place, uid).some(({ object }) => blocks(object, uid))) return;
    const live = await this.#live(place, known, signal);
    if (live !== undefined && isWaiting(live)) await dropFinalizer(this.#client, place, live, FOREGROUND, signal);
  }

  /** Deletes the object, or takes references off it, when owners of it are gone. */
  async #collect(place: ObjectPlace, known: KubeObject, signal: AbortSignal): Promise<void> {
    if ((await this.#decide(place, known, signal)).type === 'keep') return;
    // The copy says that something is to be done. What is done is decided upon the object itself.
    const live = await this.#live(place, known, signal);
    if (live === undefined || live.metadata.deletionTimestamp !== undefined) return;
    const action = await this.#decide(place, live, signal);
    switch (action.type) {
      case 'keep':
        return;
      case 'drop-references':
        await dropReferences(this.#client, place, live, action.uids, signal);
        return;
      case 'delete': {
        const current = action.unblock ? await unblockOwners(this.#client, place, live, signal) : live;
        if (current === undefined) return;
        await deleteAsSeen(this.#client, place, current, action.policy, signal);
        this.#log.info({ object: formatPlace(place), policy: action.policy }, 'deleted, its owners are gone');
        return;
      }
    }
  }

  async #decide(place: ObjectPlace, object: KubeObject, signal: AbortSignal) {
    const dependents = this.#dependentsOf(place, object.metadata.uid ?? '');
    return decideDependent({
      references: await this.#owners.judge(object, signal),
      finalizers: object.metadata.finalizers ?? [],
      hasDependents: dependents.length > 0,
      dependentWaits: dependents.some((dependent) => isWaiting(dependent.object)),
    });
  }

  /** The objects that really mean the one at `place` with their reference to `uid`, not just its uid. */
  #dependentsOf(place: ObjectPlace, uid: string): (ObjectPlace & { readonly object: KubeObject })[] {
    return this.#metadata.dependentsOf(uid).filter(({ object }) =>
      (object.metadata.ownerReferences ?? []).some((reference) => {
        if (reference.uid !== uid) return false;
        const owner = this.#owners.placeOf(reference, object);
        return owner !== undefined && formatPlace(owner) === formatPlace(place);
      }),
    );
  }

  /** The object as the server has it now; undefined when it, or the one that was known, is gone. */
  async #live(place: ObjectPlace, known: KubeObject, signal: AbortSignal): Promise<KubeObject | undefined> {
    const live = await this.#client.get(place.resource, parseKey(place.key), signal);
    return live?.metadata.uid === known.metadata.uid ? live : undefined;
  }

  #parsePlace(text: string): ObjectPlace {
    const bar = text.indexOf('|');
    const resource = this.#metadata.resourceNamed(text.slice(0, bar));
    if (resource === undefined) throw new TypeError(`there is no resource for ${text}`);
    return { resource, key: text.slice(bar + 1) };
  }
}

function formatPlace({ resource, key }: ObjectPlace): string {
  return `${resourceName(resource)}|${key}`;
}
