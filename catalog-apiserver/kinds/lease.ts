import type { Lease } from '../../lib/kube/core-resources.ts';
import { LEASES } from '../../lib/kube/core-resources.ts';
import { AGE, column } from './columns.ts';
import { ALL_VERBS, METADATA_MERGE_KEYS } from './kind.ts';
import type { Kind } from './kind.ts';
import { objectSchema } from './object-meta.ts';

export const LEASE_KIND: Kind = {
  resource: LEASES,
  listKind: 'LeaseList',
  singular: 'lease',
  shortNames: [],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [],
  schema: objectSchema('Lease', {
    description: 'A Lease is held by one process at a time, such as the leader of several controllers.',
    properties: {
      spec: {
        description: 'Who holds it and until when.',
        type: 'object',
        properties: {
          holderIdentity: { description: 'Who holds it.', type: 'string', nullable: true },
          leaseDurationSeconds: {
            description: 'How long others wait after renewTime before they take it.',
            type: 'integer',
            format: 'int32',
            minimum: 1,
            nullable: true,
          },
          acquireTime: { description: 'When it was taken.', type: 'string', format: 'date-time', nullable: true },
          renewTime: {
            description: 'When its holder last renewed it.',
            type: 'string',
            format: 'date-time',
            nullable: true,
          },
          leaseTransitions: {
            description: 'How often it changed hands.',
            type: 'integer',
            format: 'int32',
            minimum: 0,
            nullable: true,
          },
          strategy: {
            description: 'How coordinated leader election picks the holder.',
            type: 'string',
            nullable: true,
          },
          preferredHolder: { description: 'Who should take it next.', type: 'string', nullable: true },
        },
      },
    },
  }),
  columns: [
    column('Holder', (object) => (object as Lease).spec?.holderIdentity ?? '', { description: 'Who holds the lease.' }),
    AGE,
  ],
  custom: false,
  hasGeneration: false,
  unconditionalUpdate: false,
  mergeKeys: METADATA_MERGE_KEYS,
  names: 'subdomain',
  selectableFields: {},
  strategy: {},
};
