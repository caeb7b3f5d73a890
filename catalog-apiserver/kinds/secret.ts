import type { Secret } from '../../lib/kube/core-resources.ts';
import { SECRETS } from '../../lib/kube/core-resources.ts';
import { forbiddenField, invalidValue, required } from '../schema/causes.ts';
import { isBase64 } from '../schema/formats.ts';
import type { Cause } from '../status.ts';
import { AGE, column, entryCount } from './columns.ts';
import { checkDataKeys, checkDataSize } from './data-maps.ts';
import { ALL_VERBS, METADATA_MERGE_KEYS } from './kind.ts';
import type { Kind } from './kind.ts';
import { objectSchema } from './object-meta.ts';
import { jsonEqual } from '../schema/json-equal.ts';

const DEFAULT_TYPE = 'Opaque';

/** Keys that Secrets of well-known types must have. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

export const SECRET_KIND: Kind = {
  resource: SECRETS,
  listKind: 'SecretList',
  singular: 'secret',
  shortNames: [],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [],
  schema: objectSchema('Secret', {
    description: 'A Secret holds values that must not be read by everybody, such as credentials.',
    properties: {
      type: { description: 'What the Secret is for; Opaque when absent. Cannot be changed.', type: 'string' },
      data: {
        description: 'The values, each base64.',
        type: 'object',
        nullable: true,
        // Not with `format: byte`: the message about a wrong value would repeat it. See checkData.
        additionalProperties: { type: 'string', nullable: true },
      },
      stringData: {
        description: 'Values as plain text, moved into data when written; never shown.',
        type: 'object',
        nullable: true,
        additionalProperties: { type: 'string' },
      },
      immutable: { description: 'True forbids every later change of the values.', type: 'boolean', nullable: true },
    },
  }),
  columns: [
    column('Type', (object) => (object as Secret).type ?? '', { description: 'What the Secret is for.' }),
    column('Data', entryCount('data'), { type: 'integer', description: 'How many values it holds.' }),
    AGE,
  ],
  custom: false,
  hasGeneration: false,
  unconditionalUpdate: true,
  mergeKeys: METADATA_MERGE_KEYS,
  names: 'subdomain',
  selectableFields: { type: (object) => (object as Secret).type ?? '' },
  strategy: {
    prepareForCreate: (object: Secret) => {
      moveStringData(object);
      object.type = object.type === undefined || object.type === '' ? DEFAULT_TYPE : object.type;
    },
    prepareForUpdate: (object: Secret, old: Secret) => {
      moveStringData(object);
      // As Kubernetes: leaving the type out is not an attempt to change it.
      if (object.type === undefined || object.type === '') object.type = old.type ?? DEFAULT_TYPE;
    },
    validate: (object: Secret, old: Secret | undefined) => [
      ...checkData(object),
      ...(old ? checkChange(object, old) : []),
    ],
  },
};

/** Also reads a null value as an empty one and null data as none, as Go does. */
function moveStringData(secret: Secret): void {
  const given = (secret.data ?? {}) as Record<string, string | null>;
  const data = {
    ...Object.fromEntries(Object.entries(given).map(([key, value]) => [key, value ?? ''])),
    ...Object.fromEntries(
      Object.entries(secret.stringData ?? {}).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    ),
  };
  delete secret.stringData;
  if (Object.keys(data).length > 0) secret.data = data;
  else delete secret.data;
}

function checkData(secret: Secret): Cause[] {
  const data = secret.data ?? {};
  const notBase64 = Object.entries(data)
    .filter(([, value]) => !isBase64(value))
    // The value itself is not repeated: it may be a password somebody forgot to encode.
    .map(([key]) => invalidValue(`data[${key}]`, '<not shown>', 'must be base64; use stringData for plain text'));
  const missing = (REQUIRED_KEYS[secret.type ?? ''] ?? [])
    .filter((key) => !Object.hasOwn(data, key))
    .map((key) => required(`data[${key}]`));
  return [...checkDataKeys('data', data), ...notBase64, ...missing, ...checkDataSize([data], base64Size)];
}

function checkChange(secret: Secret, old: Secret): Cause[] {
  const causes: Cause[] = [];
  if (secret.type !== old.type) causes.push(invalidValue('type', secret.type, 'field is immutable'));
  if (old.immutable !== true) return causes;
  if (secret.immutable !== true) causes.push(forbiddenField('immutable', 'field is immutable when `immutable` is set'));
  if (!jsonEqual(secret.data ?? {}, old.data ?? {}))
    causes.push(forbiddenField('data', 'field is immutable when `immutable` is set'));
  return causes;
}

function base64Size(value: string): number {
  return Math.floor((value.length * 3) / 4);
}
