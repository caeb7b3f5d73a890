import type { KubeObject, Resource } from '../../lib/kube/objects.ts';
import { column } from './columns.ts';
import { READ_VERBS } from './kind.ts';
import type { Kind } from './kind.ts';
import { objectSchema } from './object-meta.ts';
import type { CustomResourceDefinition } from './custom-kind.ts';

export const CUSTOM_RESOURCE_DEFINITIONS: Resource<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/** Definitions come from files at the start of the server; through the API they can be read. */
export const DEFINITION_KIND: Kind = {
  resource: CUSTOM_RESOURCE_DEFINITIONS,
  listKind: 'CustomResourceDefinitionList',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  verbs: READ_VERBS,
  readOnlyBecause: 'this server reads its definitions from files when it starts (--crds-dir)',
  subresources: [],
  schema: objectSchema('CustomResourceDefinition', {
    description:
      'A CustomResourceDefinition describes a kind of object. This server reads them from files; here they cannot be changed.',
    properties: {
      spec: { description: 'The kind.', type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      status: { description: 'Whether it is served.', type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  }),
  columns: [
    column('Created At', (object: KubeObject) => object.metadata.creationTimestamp, {
      description: 'When the definition was first loaded.',
    }),
  ],
  custom: false,
  hasGeneration: true,
  unconditionalUpdate: false,
  mergeKeys: undefined,
  names: 'subdomain',
  selectableFields: {},
  strategy: {},
};
