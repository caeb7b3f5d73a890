import type { ConfigMap } from '../../lib/kube/core-resources.ts';
import { CONFIG_MAPS } from '../../lib/kube/core-resources.ts';
import type { KubeObject } from '../../lib/kube/objects.ts';
import { forbiddenField, invalidValue } from '../schema/causes.ts';
import { isBase64 } from '../schema/formats.ts';
import type { Cause } from '../status.ts';
import { AGE, column, entryCount } from './columns.ts';
import { checkDataKeys, checkDataSize } from './data-maps.ts';
import { ALL_VERBS, METADATA_MERGE_KEYS } from './kind.ts';
import type { Kind } from './kind.ts';
import { objectSchema } from './object-meta.ts';
import { jsonEqual } from '../schema/json-equal.ts';

interface StoredConfigMap extends ConfigMap {
  immutable?: boolean;
}

export const CONFIG_MAP_KIND: Kind = {
  resource: CONFIG_MAPS,
  listKind: 'ConfigMapList',
  singular: 'configmap',
  shortNames: ['cm'],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [],
  schema: objectSchema('ConfigMap', {
    description: 'A ConfigMap holds settings.',
    properties: {
      data: {
        description: 'The values, as text.',
        type: 'object',
        nullable: true,
        additionalProperties: { type: 'string' },
      },
      binaryData: {
        description: 'Values that are not text, each base64.',
        type: 'object',
        nullable: true,
        additionalProperties: { type: 'string', format: 'byte' },
      },
      immutable: { description: 'True forbids every later change of the values.', type: 'boolean', nullable: true },
    },
  }),
  columns: [
    column('Data', entryCount('data', 'binaryData'), { type: 'integer', description: 'How many values it holds.' }),
    AGE,
  ],
  custom: false,
  hasGeneration: false,
  unconditionalUpdate: true,
  mergeKeys: METADATA_MERGE_KEYS,
  names: 'subdomain',
  selectableFields: {},
  strategy: {
    prepareForCreate: dropNullMaps,
    prepareForUpdate: dropNullMaps,
    validate: (object: StoredConfigMap, old: StoredConfigMap | undefined) => [
      ...checkData(object),
      ...(old?.immutable === true ? checkUnchanged(object, old) : []),
    ],
  },
};

function dropNullMaps(object: KubeObject): void {
  const maps = object as { data?: object | null; binaryData?: object | null };
  if (maps.data === null) delete maps.data;
  if (maps.binaryData === null) delete maps.binaryData;
}

function checkData(object: StoredConfigMap): Cause[] {
  const { data = {}, binaryData = {} } = object;
  const twice = Object.keys(data)
    .filter((key) => Object.hasOwn(binaryData, key))
    .map((key) => invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  const notBase64 = Object.entries(binaryData)
    .filter(([, value]) => !isBase64(value))
    .map(([key]) => invalidValue(`binaryData[${key}]`, '<not shown>', 'must be base64; use data for text'));
  return [
    ...checkDataKeys('data', data),
    ...checkDataKeys('binaryData', binaryData),
    ...twice,
    ...notBase64,
    ...checkDataSize([data, binaryData], (value) => Buffer.byteLength(value)),
  ];
}

function checkUnchanged(object: StoredConfigMap, old: StoredConfigMap): Cause[] {
  const causes: Cause[] = [];
  if (object.immutable !== true) causes.push(forbiddenField('immutable', 'field is immutable when `immutable` is set'));
  for (const field of ['data', 'binaryData'] as const) {
    if (!jsonEqual(object[field] ?? {}, old[field] ?? {}))
      causes.push(forbiddenField(field, 'field is immutable when `immutable` is set'));
  }
  return causes;
}
