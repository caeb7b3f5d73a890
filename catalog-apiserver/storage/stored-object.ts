import type { KubeObject } from '../../lib/kube/objects.ts';
import { ObjectTooLargeError } from './storage-errors.ts';

/** The largest object, characters of its JSON text; about what etcd takes. */
const MAX_CHARACTERS = 1.5 * 1024 * 1024;

/**
 * An object as it is stored: its JSON text, which is what most answers and watch events consist of and so is written
 * only once, and the object itself, parsed when somebody first asks. It is shared: nobody may change `object`.
 */
export class StoredObject {
  readonly revision: number;
  readonly json: string;
  #object: KubeObject | undefined;

  constructor(revision: number, json: string, object?: KubeObject) {
    this.revision = revision;
    this.json = json;
    this.#object = object;
  }

  /** `object` as it becomes with its change at `revision`. Throws {@link ObjectTooLargeError}. */
  static encode(object: KubeObject, revision: number): StoredObject {
    const stamped = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
    const json = JSON.stringify(stamped);
    if (json.length > MAX_CHARACTERS) {
      throw new ObjectTooLargeError(
        `the object is too large: ${json.length} characters, the limit is ${MAX_CHARACTERS}`,
      );
    }
    return new StoredObject(revision, json, stamped);
  }

  get object(): KubeObject {
    this.#object ??= JSON.parse(this.json) as KubeObject;
    return this.#object;
  }
}
