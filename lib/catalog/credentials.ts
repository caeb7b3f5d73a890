import type { JsonObject } from '../osb/types.ts';
import { goJson } from './go-json.ts';
import { isSecretKey, SECRET_KEY_RULE } from './names.ts';

/** Credentials on their way into a Secret: what the broker sent, and bytes that came from other Secrets. */
export type Credentials = ReadonlyMap<string, unknown>;

/** Bytes of all values of a Secret; the API server allows no more. */
const MAX_SECRET_BYTES = 1_048_576;

export type SecretData =
  | { readonly ok: true; readonly data: ReadonlyMap<string, Uint8Array> }
  /** What is wrong and what to do, without any value. */
  | { readonly ok: false; readonly message: string };

export function credentialsOf(sent: JsonObject | undefined): Credentials {
  return new Map(Object.entries(sent ?? {}));
}

/** The data of the Secret: strings and bytes as they are, everything else as compact JSON with sorted keys. */
export function secretData(credentials: Credentials): SecretData {
  const data = new Map<string, Uint8Array>();
  let size = 0;
  for (const [key, value] of credentials) {
    if (!isSecretKey(key)) {
      return {
        ok: false,
        message: `the credential "${key.slice(0, 100)}" cannot be a key of a Secret: it ${SECRET_KEY_RULE}; rename it with a renameKey in secretTransforms`,
      };
    }
    const bytes = secretValue(value);
    size += bytes.byteLength;
    data.set(key, bytes);
  }
  if (size > MAX_SECRET_BYTES) {
    return {
      ok: false,
      message: `the credentials are ${size} bytes, and a Secret holds ${MAX_SECRET_BYTES}; remove some with removeKey in secretTransforms`,
    };
  }
  return { ok: true, data };
}

/** `data` as the field of that name in a Secret: base64. */
export function encodeSecretData(data: ReadonlyMap<string, Uint8Array>): Record<string, string> {
  return Object.fromEntries(Array.from(data, ([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]));
}

/** The values of a Secret's `data` field, decoded. */
export function decodeSecretData(data: Readonly<Record<string, string>> | undefined): Map<string, Uint8Array> {
  return new Map(Object.entries(data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')]));
}

function secretValue(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return Buffer.from(typeof value === 'string' ? value : goJson(value), 'utf8');
}
