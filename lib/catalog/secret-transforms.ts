import type { Credentials } from './credentials.ts';
import { JsonPathError } from './jsonpath-parse.ts';
import { evaluateJsonPath } from './jsonpath.ts';
import type { SecretTransform } from './types.generated.ts';

/** A Secret that secretTransforms read. */
export interface SecretReference {
  readonly namespace: string;
  readonly name: string;
}

/** What {@link transformCredentials} calls to get the decoded data of a Secret; undefined when there is none. */
export type SecretLookup = (reference: SecretReference) => ReadonlyMap<string, Uint8Array> | undefined;

export type TransformedCredentials =
  | { readonly ok: true; readonly credentials: Credentials }
  /** What is wrong and what to do, without any value. */
  | { readonly ok: false; readonly message: string };

/** The Secrets that have to be read for the transforms. Those without a namespace are in the binding's. */
export function transformSecrets(
  transforms: readonly SecretTransform[] | undefined,
  bindingNamespace: string,
): SecretReference[] {
  return (transforms ?? []).flatMap(({ addKeysFrom }) =>
    addKeysFrom === undefined ? [] : [referenceOf(addKeysFrom, bindingNamespace)],
  );
}

/** The credentials after all transforms, done in order; the input is not changed. */
export function transformCredentials(
  credentials: Credentials,
  transforms: readonly SecretTransform[] | undefined,
  bindingNamespace: string,
  lookup: SecretLookup,
): TransformedCredentials {
  const result = new Map(credentials);
  for (const [index, transform] of (transforms ?? []).entries()) {
    const message = apply(transform, result, bindingNamespace, lookup);
    if (message !== undefined) return { ok: false, message: `secretTransforms[${index}]: ${message}` };
  }
  return { ok: true, credentials: result };
}

/** Changes `credentials`; returns what is wrong, if anything is. */
function apply(
  transform: SecretTransform,
  credentials: Map<string, unknown>,
  bindingNamespace: string,
  lookup: SecretLookup,
): string | undefined {
  const { addKey, renameKey, addKeysFrom, removeKey } = transform;
  if (addKey !== undefined) return add(addKey, credentials);
  if (renameKey !== undefined) {
    if (!credentials.has(renameKey.from)) return undefined;
    const value = credentials.get(renameKey.from);
    credentials.delete(renameKey.from);
    credentials.set(renameKey.to, value);
    return undefined;
  }
  if (addKeysFrom !== undefined) {
    const reference = referenceOf(addKeysFrom, bindingNamespace);
    const data = lookup(reference);
    if (data === undefined) {
      return `there is no Secret "${reference.name}" in namespace "${reference.namespace}"; create it`;
    }
    for (const [key, bytes] of data) credentials.set(key, bytes);
    return undefined;
  }
  if (removeKey !== undefined) credentials.delete(removeKey.key);
  return undefined;
}

function add(addKey: NonNullable<SecretTransform['addKey']>, credentials: Map<string, unknown>): string | undefined {
  if (addKey.jsonPathExpression === undefined) {
    credentials.set(addKey.key, addKey.stringValue ?? Buffer.from(addKey.value ?? '', 'base64'));
    return undefined;
  }
  try {
    credentials.set(addKey.key, evaluateJsonPath(addKey.jsonPathExpression, Object.fromEntries(credentials)));
    return undefined;
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    return `jsonPathExpression of "${addKey.key}": ${error.message}`;
  }
}

function referenceOf(
  { secretRef }: NonNullable<SecretTransform['addKeysFrom']>,
  bindingNamespace: string,
): SecretReference {
  return { namespace: secretRef.namespace ?? bindingNamespace, name: secretRef.name };
}
