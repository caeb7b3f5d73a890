import type { Namespace } from '../../lib/kube/core-resources.ts';
import { NAMESPACES } from '../../lib/kube/core-resources.ts';
import type { KubeObject } from '../../lib/kube/objects.ts';
import { AGE, column } from './columns.ts';
import { ALL_VERBS, METADATA_MERGE_KEYS } from './kind.ts';
import type { Kind } from './kind.ts';
import { objectSchema } from './object-meta.ts';

/** Namespaces that exist from the beginning and stay; `default` is where events about cluster-wide objects go. */
export const PERMANENT_NAMESPACES = ['default', 'kube-public', 'kube-system'] as const;

/** The finalizer whose owner empties the namespace (namespace-finalization/). */
const EMPTYING_FINALIZER = 'kubernetes';

/** Every namespace carries its name as a label, so that selectors can name it. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

const CONDITION = {
  type: 'object',
  properties: {
    type: { description: 'Kind of condition.', type: 'string' },
    status: { description: 'True, False or Unknown.', type: 'string' },
    lastTransitionTime: {
      description: 'When the status last changed.',
      type: 'string',
      format: 'date-time',
      nullable: true,
    },
    reason: { description: 'One word that says why.', type: 'string' },
    message: { description: 'Why, for people.', type: 'string' },
  },
  required: ['type', 'status'],
} as const;

export const NAMESPACE_KIND: Kind = {
  resource: NAMESPACES,
  listKind: 'NamespaceList',
  singular: 'namespace',
  shortNames: ['ns'],
  categories: [],
  verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
  subresources: ['status', 'finalize'],
  schema: objectSchema('Namespace', {
    description: 'A Namespace is a scope for names; deleting it deletes everything in it.',
    properties: {
      spec: {
        description: 'Behaviour of the namespace.',
        type: 'object',
        properties: {
          finalizers: {
            description: 'Must be empty before the namespace goes; changed through the finalize subresource only.',
            type: 'array',
            items: { type: 'string' },
          },
        },
      },
      status: {
        description: 'State of the namespace.',
        type: 'object',
        properties: {
          phase: { description: 'Active, or Terminating while it is emptied.', type: 'string' },
          conditions: { description: 'What keeps a terminating namespace.', type: 'array', items: CONDITION },
        },
      },
    },
  }),
  columns: [
    column('Status', (object) => (object as Namespace).status?.phase ?? '', {
      description: 'The phase of the namespace.',
    }),
    AGE,
  ],
  custom: false,
  hasGeneration: false,
  unconditionalUpdate: true,
  mergeKeys: { ...METADATA_MERGE_KEYS, 'status.conditions': 'type' },
  names: 'label',
  selectableFields: { 'status.phase': (object) => (object as Namespace).status?.phase ?? '' },
  strategy: {
    prepareForCreate: (object: Namespace) => {
      const finalizers = object.spec?.finalizers ?? [];
      object.spec = { finalizers: [...new Set([...finalizers, EMPTYING_FINALIZER])] };
      object.status = { phase: 'Active' };
      addNameLabel(object);
    },
    prepareForUpdate: (object: Namespace, old: Namespace) => {
      object.spec = old.spec ?? {};
      addNameLabel(object);
    },
    undeletable: (name) =>
      PERMANENT_NAMESPACES.some((permanent) => permanent === name) ? 'this namespace may not be deleted' : undefined,
    markDeleting: (object: Namespace) => {
      object.status = { ...object.status, phase: 'Terminating' };
    },
    mayGo: (object: Namespace) =>
      (object.metadata.finalizers ?? []).length === 0 && (object.spec?.finalizers ?? []).length === 0,
  },
};

function addNameLabel(object: KubeObject): void {
  object.metadata.labels = { ...object.metadata.labels, [NAME_LABEL]: object.metadata.name ?? '' };
}
