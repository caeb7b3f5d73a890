import { randomUUID } from 'node:crypto';
import type { AdmissionRequest } from '../../lib/catalog/admission.ts';

/** Longer than the API server takes for one request, webhooks included, milliseconds. */
const REMEMBERED_MS = 30_000;

/** More than there are requests in that time; what is forgotten counts as chosen by the user. */
const MAXIMUM = 10_000;

/**
 * Ids at the broker, made up for objects whose uid is not known yet. Remembers for whom for half a minute: when another
 * webhook has changed the object, the API server asks ours once more, and the id it made up the first time must not be
 * taken for one that the user chose.
 */
export class MadeUpIds {
  readonly #now: () => number;
  /** When each was made up, in that order. */
  readonly #made = new Map<string, number>();

  /** `now` counts milliseconds from anywhere. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** For what is being created: the id it has when that was made up for it, else a new one. */
  for(request: AdmissionRequest): NonNullable<AdmissionRequest['newId']> {
    this.#forget();
    const { externalID } = ((request.object ?? {}) as { spec?: { externalID?: unknown } }).spec ?? {};
    if (typeof externalID === 'string' && this.#made.has(placeOf(request, externalID))) {
      return { of: 'fresh', value: externalID };
    }
    const value = randomUUID();
    this.#made.set(placeOf(request, value), this.#now());
    return { of: 'fresh', value };
  }

  #forget(): void {
    const now = this.#now();
    for (const [place, made] of this.#made) {
      if (now - made < REMEMBERED_MS && this.#made.size < MAXIMUM) return;
      this.#made.delete(place);
    }
  }
}

/** Nobody else has an id believed by repeating it: it counts for the same user and the same object only. */
function placeOf({ resource, namespace, object, user }: AdmissionRequest, id: string): string {
  const { name, generateName } = object?.metadata ?? {};
  return JSON.stringify([id, resource.plural, namespace, generateName ?? name, user.username, user.uid]);
}
