/** Why a storage did not do what it was asked to. */

export class KeyExistsError extends Error {
  override readonly name = 'KeyExistsError';
}

export class RevisionConflictError extends Error {
  override readonly name = 'RevisionConflictError';
}

/** The object does not fit into the storage. */
export class ObjectTooLargeError extends Error {
  override readonly name = 'ObjectTooLargeError';
}

/** The history before `oldest` is forgotten. */
export class RevisionCompactedError extends Error {
  override readonly name = 'RevisionCompactedError';
  readonly requested: number;
  readonly oldest: number;

  constructor(requested: number, oldest: number) {
    super(`too old resource version: ${requested} (${oldest})`);
    this.requested = requested;
    this.oldest = oldest;
  }
}
