import { createHash } from 'node:crypto';
import type { JsonObject } from '../osb/types.ts';
import { goJson } from './go-json.ts';
import type { ParametersFromSource } from './types.generated.ts';

/** What stands for a value that came from a Secret wherever parameters are shown. */
export const REDACTED = '<redacted>';

/** One entry of `parametersFrom` with what its Secret holds. */
export interface ParameterSource {
  readonly secretName: string;
  readonly key: string;
  /** Undefined when there is no such Secret, or it has no such key. */
  readonly value: Uint8Array | undefined;
}

export type MergedParameters =
  | {
      readonly ok: true;
      /** What to send to the broker. Holds secrets: never to be stored or logged. */
      readonly values: JsonObject;
      /** The same with {@link REDACTED} for what came from Secrets: for the status. */
      readonly redacted: JsonObject;
      /** SHA-256 of `values`, hexadecimal; empty without parameters. */
      readonly checksum: string;
    }
  | {
      readonly ok: false;
      /** What is wrong and what to do, without any value. */
      readonly message: string;
    };

/** The Secrets and keys that have to be read for `parametersFrom`, in order. */
export function parameterSecrets(from: readonly ParametersFromSource[] | undefined): { name: string; key: string }[] {
  return (from ?? []).map(({ secretKeyRef }) => ({ name: secretKeyRef.name, key: secretKeyRef.key }));
}

/**
 * All parameters of an instance or binding: the sources in order, then `parameters`. Only the top level is looked at;
 * a key in two of them is an error, because nobody could say which one was meant.
 */
export function mergeParameters(
  parameters: JsonObject | undefined,
  sources: readonly ParameterSource[],
): MergedParameters {
  const values = new Map<string, unknown>();
  const redacted = new Map<string, unknown>();
  const origins = new Map<string, string>();
  for (const source of sources) {
    const origin = `key "${source.key}" of Secret "${source.secretName}"`;
    const read = readSource(source, origin);
    if (!read.ok) return read;
    const faulty = take(read.value, origin, () => REDACTED);
    if (faulty !== undefined) return { ok: false, message: faulty };
  }
  const faulty = take(parameters ?? {}, 'parameters', (value) => value);
  if (faulty !== undefined) return { ok: false, message: faulty };
  const merged = Object.fromEntries(values);
  return { ok: true, values: merged, redacted: Object.fromEntries(redacted), checksum: parametersChecksum(merged) };

  function take(object: JsonObject, origin: string, shown: (value: unknown) => unknown): string | undefined {
    for (const [key, value] of Object.entries(object)) {
      const before = origins.get(key);
      if (before !== undefined) {
        return `the parameter "${key}" is in ${before} and in ${origin}; leave it in one of them`;
      }
      origins.set(key, origin);
      values.set(key, value);
      redacted.set(key, shown(value));
    }
    return undefined;
  }
}

/** SHA-256, hexadecimal, of the parameters as Go's encoding/json writes them; empty when there are none. */
export function parametersChecksum(parameters: JsonObject): string {
  if (Object.keys(parameters).length === 0) return '';
  return createHash('sha256').update(goJson(parameters)).digest('hex');
}

function readSource(
  source: ParameterSource,
  origin: string,
): { readonly ok: true; readonly value: JsonObject } | { readonly ok: false; readonly message: string } {
  if (source.value === undefined) {
    return { ok: false, message: `there is no ${origin}; create it, or remove it from parametersFrom` };
  }
  const notAnObject = { ok: false, message: `${origin} is not a JSON object such as {"password":"…"}` } as const;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(source.value).toString('utf8'));
  } catch {
    // The parser's own message quotes the text, which is a secret.
    return notAnObject;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return notAnObject;
  return { ok: true, value: value as JsonObject };
}
