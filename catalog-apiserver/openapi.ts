import { createHash } from 'node:crypto';
import type { Kind } from './kinds/kind.ts';
import { OBJECT_META } from './kinds/object-meta.ts';
import { patchTypes } from './registry/patch-object.ts';
import { isRecord } from './schema/schema.ts';
import type { Schema } from './schema/schema.ts';

/** The OpenAPI documents: what `kubectl explain` prints, and how clients learn which options a write understands. */

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const INFO = { title: 'Service Catalog', version: 'v1' };

interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly kinds: readonly Kind[];
}

/** The OpenAPI v3 document of one group and version. */
export function openApiV3({ kinds }: GroupVersion): object {
  return {
    openapi: '3.0.0',
    info: INFO,
    paths: Object.fromEntries(kinds.flatMap(pathsOf)),
    components: {
      schemas: {
        [`${META}.ObjectMeta`]: OBJECT_META,
        ...Object.fromEntries(kinds.flatMap((kind) => schemasOf(kind, '#/components/schemas/'))),
      },
    },
  };
}

/** `/openapi/v3`: where the document of each group and version is; the hash in the address changes with its content. */
export function openApiV3Index(documents: ReadonlyMap<string, string>): object {
  const entries = [...documents].map(([path, json]): [string, object] => {
    const hash = createHash('sha256').update(json).digest('hex').slice(0, 32).toUpperCase();
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
  });
  return { paths: Object.fromEntries(entries) };
}

/** The OpenAPI v2 document, as JSON; what v2 cannot say is left out of it. */
export function openApiV2(kinds: readonly Kind[]): object {
  const definitions = kinds.flatMap((kind) => schemasOf(kind, '#/definitions/'));
  return {
    swagger: '2.0',
    info: INFO,
    paths: {},
    definitions: Object.fromEntries(
      [[`${META}.ObjectMeta`, OBJECT_META] as [string, object], ...definitions].map(([name, schema]) => [
        name,
        withoutV3(schema),
      ]),
    ),
  };
}

const V3_ONLY = new Set(['oneOf', 'anyOf', 'allOf', 'not', 'nullable', 'x-kubernetes-validations']);

function withoutV3(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutV3);
  if (!isRecord(schema)) return schema;
  const kept = Object.entries(schema).filter(([keyword]) => !V3_ONLY.has(keyword));
  return Object.fromEntries(kept.map(([keyword, value]) => [keyword, withoutV3(value)]));
}

/** `io.k8s.servicecatalog.v1beta1.ServiceInstance`, and `io.k8s.api.core.v1.Secret` for the built-in groups. */
function schemaName(kind: Kind, name = kind.resource.kind): string {
  const { group, version } = kind.resource;
  if (group === '') return `io.k8s.api.core.${version}.${name}`;
  return `${group.split('.').reverse().join('.')}.${version}.${name}`;
}

function schemasOf(kind: Kind, root: string): [string, object][] {
  const { group, version, kind: name } = kind.resource;
  const own = { ...kind.schema, properties: { ...kind.schema.properties, metadata: metadataReference(root) } };
  const list = {
    description: `A list of ${name} objects.`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { description: 'Version of the schema of this list.', type: 'string' },
      kind: { description: `The kind of this list: ${kind.listKind}.`, type: 'string' },
      metadata: { description: 'The version of the list, and where it goes on.', type: 'object' },
      items: { description: 'The objects.', type: 'array', items: { $ref: `${root}${schemaName(kind)}` } },
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind: kind.listKind }],
  };
  return [
    [schemaName(kind), { ...own, 'x-kubernetes-group-version-kind': [{ group, version, kind: name }] }],
    [schemaName(kind, kind.listKind), list],
  ];
}

function metadataReference(root: string): object {
  return { description: OBJECT_META.description, allOf: [{ $ref: `${root}${META}.ObjectMeta` }], default: {} };
}

const DRY_RUN = parameter('dryRun', 'All: do everything but store the result.', { type: 'string' });
const FIELD_VALIDATION = parameter(
  'fieldValidation',
  'What to do about fields the schema does not know: Ignore, Warn or Strict.',
  { type: 'string' },
);

const LIST_PARAMETERS = [
  parameter('labelSelector', 'Only objects with such labels.', { type: 'string' }),
  parameter('fieldSelector', 'Only objects with such fields.', { type: 'string' }),
  parameter('limit', 'At most so many objects in an answer.', { type: 'integer' }),
  parameter('continue', 'Where the next page begins.', { type: 'string' }),
  parameter('resourceVersion', 'Not older than this, or exactly this.', { type: 'string' }),
  parameter('resourceVersionMatch', 'Exact or NotOlderThan.', { type: 'string' }),
  parameter('watch', 'Tell changes instead of the list.', { type: 'boolean' }),
  parameter('allowWatchBookmarks', 'Tell now and then how far the watch is.', { type: 'boolean' }),
  parameter('sendInitialEvents', 'Begin a watch with what exists.', { type: 'boolean' }),
  parameter('timeoutSeconds', 'How long a watch goes on.', { type: 'integer' }),
];

function parameter(name: string, description: string, schema: Schema): object {
  return { name, in: 'query', description, schema };
}

function pathsOf(kind: Kind): [string, object][] {
  const { group, version, plural, namespaced } = kind.resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const item = `${collection}/{name}`;
  return [
    [collection, operations(kind, { get: 'list', post: 'create', delete: 'deletecollection' })],
    [item, operations(kind, { get: 'get', put: 'update', patch: 'patch', delete: 'delete' })],
    ...kind.subresources.map((name): [string, object] => [
      `${item}/${name}`,
      operations(kind, name === 'finalize' ? { put: 'update' } : { get: 'get', put: 'update', patch: 'patch' }),
    ]),
  ];
}

function operations(kind: Kind, verbs: Readonly<Record<string, Kind['verbs'][number]>>): object {
  const served = Object.entries(verbs).filter(([, verb]) => kind.verbs.includes(verb));
  return Object.fromEntries(served.map(([method, verb]) => [method, operation(kind, verb)]));
}

function operation(kind: Kind, verb: Kind['verbs'][number]): object {
  const { group, version, kind: name } = kind.resource;
  const object = { $ref: `#/components/schemas/${schemaName(kind)}` };
  const list = { $ref: `#/components/schemas/${schemaName(kind, kind.listKind)}` };
  const bodyTypes = verb === 'patch' ? patchTypes(kind) : ['application/json', 'application/yaml'];
  const body = verb === 'patch' ? { type: 'object' } : object;
  const writes = verb === 'create' || verb === 'update' || verb === 'patch';
  return {
    description: `${verb} ${kind.resource.plural}`,
    parameters: parametersOf(verb),
    ...(writes ? { requestBody: { content: contentOf(bodyTypes, body) } } : {}),
    responses: {
      '200': { description: 'OK', content: contentOf(['application/json'], verb === 'list' ? list : object) },
    },
    'x-kubernetes-action': ACTIONS[verb],
    'x-kubernetes-group-version-kind': { group, version, kind: name },
  };
}

/** Kubernetes' names of the verbs in OpenAPI. */
const ACTIONS: Readonly<Record<Kind['verbs'][number], string>> = {
  create: 'post',
  delete: 'delete',
  deletecollection: 'deletecollection',
  get: 'get',
  list: 'list',
  patch: 'patch',
  update: 'put',
  watch: 'watchlist',
};

function parametersOf(verb: Kind['verbs'][number]): object[] {
  switch (verb) {
    case 'create':
    case 'update':
    case 'patch':
      return [DRY_RUN, FIELD_VALIDATION];
    case 'delete':
      return [DRY_RUN];
    case 'deletecollection':
      return [DRY_RUN, ...LIST_PARAMETERS.slice(0, 2)];
    case 'list':
    case 'watch':
      return LIST_PARAMETERS;
    case 'get':
      return [];
  }
}

function contentOf(types: readonly string[], schema: object): object {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}
