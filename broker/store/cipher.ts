import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Where an encrypted value lives. It is authenticated with the value, so that a value moved elsewhere is refused. */
export interface SecretPlace {
  readonly table: string;
  readonly row: string;
  readonly column: string;
}

/** A key with the label that stored values name it by. */
export interface LabelledKey {
  readonly label: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Secrets at rest: `label:nonce:ciphertext:tag`, the last three in base64, AES-256-GCM. The first key encrypts; the
 * others still decrypt what was written while they were first.
 */
export class Cipher {
  readonly #primary: LabelledKey;
  /** Made ready once; a buffer would be made so at each use. */
  readonly #keys: ReadonlyMap<string, KeyObject>;

  constructor(keys: readonly LabelledKey[]) {
    const [primary] = keys;
    if (primary === undefined) throw new Error('a cipher needs a key');
    this.#primary = primary;
    this.#keys = new Map(keys.map(({ label, key }) => [label, createSecretKey(key)]));
  }

  get labels(): readonly string[] {
    return [...this.#keys.keys()];
  }

  encrypt(plaintext: string, place: SecretPlace): string {
    return this.encryptWith(this.#primary.label, plaintext, place);
  }

  encryptWith(label: string, plaintext: string, place: SecretPlace): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key(label), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(additionalData(place));
    const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
    return [label, ...[nonce, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64'))].join(':');
  }

  /** @throws Error when the value was changed, moved, or encrypted with a key that is not configured. */
  decrypt(stored: string, place: SecretPlace): string {
    const [label, nonce, ciphertext, tag, ...rest] = stored.split(':');
    if (
      label === undefined ||
      nonce === undefined ||
      ciphertext === undefined ||
      tag === undefined ||
      rest.length > 0
    ) {
      throw new Error(`the secret in ${place.table}.${place.column} is not of the form label:nonce:ciphertext:tag`);
    }
    const decipher = createDecipheriv(ALGORITHM, this.#key(label), Buffer.from(nonce, 'base64'), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(additionalData(place));
    decipher.setAuthTag(Buffer.from(tag, 'base64'));
    try {
      return decipher.update(ciphertext, 'base64', 'utf8') + decipher.final('utf8');
    } catch (cause) {
      throw new Error(`the secret in ${place.table}.${place.column} does not match the key "${label}"`, { cause });
    }
  }

  #key(label: string): KeyObject {
    const key = this.#keys.get(label);
    if (key === undefined) throw new Error(`there is no encryption key "${label}" in the configuration`);
    return key;
  }
}

/** JSON, so that no two places read the same. */
function additionalData({ table, row, column }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify([table, row, column]));
}
