import type { Fault } from '../admission.ts';
import { JsonPathError, parseTemplate } from '../jsonpath-parse.ts';
import {
  DNS_LABEL_RULE,
  DNS_SUBDOMAIN_RULE,
  isDnsLabel,
  isDnsSubdomain,
  isSecretKey,
  SECRET_KEY_RULE,
} from '../names.ts';
import type { SecretTransform } from '../types.generated.ts';

/** What is wrong with `spec.secretTransforms`; found now, not when the credentials are there. */
export function transformFaults(transforms: readonly SecretTransform[] | undefined): Fault[] {
  return (transforms ?? []).flatMap((transform, index) => {
    const at = `spec.secretTransforms[${index}]`;
    const given = (['addKey', 'renameKey', 'addKeysFrom', 'removeKey'] as const).filter((way) => way in transform);
    if (given.length !== 1) {
      return [{ field: at, message: 'must have exactly one of addKey, renameKey, addKeysFrom and removeKey' }];
    }
    return [
      ...addKeyFaults(`${at}.addKey`, transform.addKey),
      ...renameKeyFaults(`${at}.renameKey`, transform.renameKey),
      ...addKeysFromFaults(`${at}.addKeysFrom.secretRef`, transform.addKeysFrom),
      ...(transform.removeKey === undefined || transform.removeKey.key
        ? []
        : [{ field: `${at}.removeKey.key`, message: 'is required' }]),
    ];
  });
}

function addKeyFaults(at: string, addKey: Partial<NonNullable<SecretTransform['addKey']>> | undefined): Fault[] {
  if (addKey === undefined) return [];
  const faults: Fault[] = [];
  if (!isSecretKey(addKey.key ?? '')) faults.push({ field: `${at}.key`, message: SECRET_KEY_RULE });
  const { value, stringValue, jsonPathExpression } = addKey;
  if (value === undefined && stringValue === undefined && jsonPathExpression === undefined) {
    faults.push({ field: at, message: 'must have a stringValue, a jsonPathExpression or a value in base64' });
  }
  if (value !== undefined && !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    faults.push({ field: `${at}.value`, message: 'must be base64; plain text goes into stringValue' });
  }
  if (jsonPathExpression !== undefined) {
    try {
      parseTemplate(jsonPathExpression);
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error;
      faults.push({
        field: `${at}.jsonPathExpression`,
        message: `${error.message}; write it as for kubectl, such as {.host}`,
      });
    }
  }
  return faults;
}

function renameKeyFaults(
  at: string,
  renameKey: Partial<NonNullable<SecretTransform['renameKey']>> | undefined,
): Fault[] {
  if (renameKey === undefined) return [];
  return [
    ...(renameKey.from ? [] : [{ field: `${at}.from`, message: 'is required' }]),
    ...(isSecretKey(renameKey.to ?? '') ? [] : [{ field: `${at}.to`, message: SECRET_KEY_RULE }]),
  ];
}

function addKeysFromFaults(
  at: string,
  addKeysFrom: { readonly secretRef?: { readonly namespace?: string; readonly name?: string } } | undefined,
): Fault[] {
  if (addKeysFrom === undefined) return [];
  const { namespace, name = '' } = addKeysFrom.secretRef ?? {};
  return [
    ...(isDnsSubdomain(name) ? [] : [{ field: `${at}.name`, message: DNS_SUBDOMAIN_RULE }]),
    ...(namespace === undefined || isDnsLabel(namespace)
      ? []
      : [{ field: `${at}.namespace`, message: DNS_LABEL_RULE }]),
  ];
}
