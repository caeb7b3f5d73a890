import type { Schema } from '../schema/schema.ts';

const TIME: Schema = { type: 'string', format: 'date-time', nullable: true };
const TEXT_MAP: Schema = { type: 'object', additionalProperties: { type: 'string' } };

const OWNER_REFERENCE: Schema = {
  description: 'An object this object depends on. When all owners are gone, so is this object.',
  type: 'object',
  properties: {
    apiVersion: { description: 'API version of the owner.', type: 'string' },
    kind: { description: 'Kind of the owner.', type: 'string' },
    name: { description: 'Name of the owner.', type: 'string' },
    uid: { description: 'UID of the owner.', type: 'string' },
    controller: { description: 'Whether the owner manages this object; at most one owner does.', type: 'boolean' },
    blockOwnerDeletion: {
      description: 'Whether deleting the owner in the foreground waits for this object.',
      type: 'boolean',
    },
  },
  required: ['apiVersion', 'kind', 'name', 'uid'],
};

/** `metadata`, the same for every kind. Rules beyond types are in registry/metadata.ts. */
export const OBJECT_META: Schema = {
  description: 'Standard object metadata.',
  type: 'object',
  properties: {
    name: { description: 'Unique within the namespace, or within the cluster. Cannot be changed.', type: 'string' },
    generateName: {
      description: 'A prefix; the server makes a unique name from it when name is empty.',
      type: 'string',
    },
    namespace: { description: 'The namespace the object lives in. Cannot be changed.', type: 'string' },
    uid: { description: 'Unique over space and time. Set by the server.', type: 'string' },
    resourceVersion: {
      description: 'Changes with every write. Send it back with an update to be told when somebody else wrote first.',
      type: 'string',
    },
    generation: {
      description: 'Goes up by one when the desired state changes. Set by the server.',
      type: 'integer',
      format: 'int64',
    },
    creationTimestamp: { ...TIME, description: 'When the object was created. Set by the server.' },
    deletionTimestamp: {
      ...TIME,
      description: 'When deletion was asked for; the object goes when its finalizers are empty. Set by the server.',
    },
    deletionGracePeriodSeconds: { description: 'Set by the server.', type: 'integer', format: 'int64' },
    labels: { ...TEXT_MAP, description: 'Keys and values to select objects by.' },
    annotations: { ...TEXT_MAP, description: 'Keys and values that tools keep with the object.' },
    finalizers: {
      description: 'Names of who still has to clean up before the object may go.',
      type: 'array',
      items: { type: 'string' },
    },
    ownerReferences: { description: 'What this object depends on.', type: 'array', items: OWNER_REFERENCE },
    managedFields: {
      description: 'Not kept by this server, which has no server-side apply.',
      type: 'array',
      items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
    selfLink: { description: 'Deprecated; not kept.', type: 'string' },
  },
};

/** The schema of a whole object: what it has of its own, with type and metadata. */
export function objectSchema(kind: string, own: Schema): Schema {
  return {
    ...own,
    type: 'object',
    properties: {
      apiVersion: { description: 'Version of the schema of this object.', type: 'string' },
      kind: { description: `The kind of this object: ${kind}.`, type: 'string' },
      ...own.properties,
      metadata: OBJECT_META,
    },
  };
}
