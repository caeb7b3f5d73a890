import { BoundedMap } from '../../lib/kube/bounded-map.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import type { MetadataInformers, ObjectPlace } from '../../lib/kube/metadata-informers.ts';
import { formatKey, parseKey } from '../../lib/kube/objects.ts';
import type { KubeObject, OwnerReference, Resource } from '../../lib/kube/objects.ts';
import { isWaiting } from './decide.ts';
import type { JudgedReference, OwnerState } from './decide.ts';

/** Owners known to be gone; a uid never comes back. */
const REMEMBERED = 4096;

/** Finds out what owner references lead to: from the informers' copy, and from the server itself before saying "gone". */
export class OwnerLookup {
  readonly #client: Pick<KubeClient, 'get'>;
  readonly #metadata: MetadataInformers;
  readonly #byKind: ReadonlyMap<string, Resource>;
  readonly #gone = new BoundedMap<true>(REMEMBERED);

  constructor(client: Pick<KubeClient, 'get'>, metadata: MetadataInformers) {
    this.#client = client;
    this.#metadata = metadata;
    this.#byKind = new Map(metadata.resources.map((resource) => [`${resource.group}/${resource.kind}`, resource]));
  }

  /**
   * Where the object is that a reference of `dependent` names; undefined when that cannot be said. The owner of an
   * object in a namespace is in the same one or cluster-wide, that of a cluster-wide object is cluster-wide.
   */
  placeOf(reference: OwnerReference, dependent: KubeObject): ObjectPlace | undefined {
    const slash = reference.apiVersion.indexOf('/');
    const group = slash < 0 ? '' : reference.apiVersion.slice(0, slash);
    const resource = this.#byKind.get(`${group}/${reference.kind}`);
    if (resource === undefined) return undefined;
    if (!resource.namespaced) return { resource, key: reference.name };
    const { namespace } = dependent.metadata;
    if (namespace === undefined) return undefined;
    return { resource, key: formatKey({ namespace, name: reference.name }) };
  }

  /** What every reference of `dependent` leads to. Asks the server only about owners the copy does not have. */
  async judge(dependent: KubeObject, signal: AbortSignal): Promise<JudgedReference[]> {
    const references = dependent.metadata.ownerReferences ?? [];
    return Promise.all(
      references.map(async (reference) => ({ reference, state: await this.#judgeOne(reference, dependent, signal) })),
    );
  }

  /** An owner has been seen to go: its dependents need not ask the server about it. */
  noteGone(place: ObjectPlace, uid: string): void {
    this.#gone.set(identity(place, uid), true);
  }

  async #judgeOne(reference: OwnerReference, dependent: KubeObject, signal: AbortSignal): Promise<OwnerState> {
    const place = this.placeOf(reference, dependent);
    if (place === undefined) return 'unresolvable';
    const known = this.#metadata.get(place);
    if (known?.metadata.uid === reference.uid) return isWaiting(known) ? 'waiting' : 'solid';
    if (this.#gone.get(identity(place, reference.uid)) === true) return 'absent';
    const live = await this.#client.get(place.resource, parseKey(place.key), signal);
    if (live?.metadata.uid === reference.uid) return isWaiting(live) ? 'waiting' : 'solid';
    this.noteGone(place, reference.uid);
    return 'absent';
  }
}

/** With the place: a reference with a wrong name must not make the right one look gone. */
function identity({ resource, key }: ObjectPlace, uid: string): string {
  return `${resource.group}/${resource.plural}|${key}|${uid}`;
}
