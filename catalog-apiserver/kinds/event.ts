import type { Event } from '../../lib/kube/core-resources.ts';
import { EVENTS } from '../../lib/kube/core-resources.ts';
import type { KubeObject } from '../../lib/kube/objects.ts';
import { invalidValue } from '../schema/causes.ts';
import type { Schema } from '../schema/schema.ts';
import { ageOf, column } from './columns.ts';
import { ALL_VERBS, METADATA_MERGE_KEYS } from './kind.ts';
import type { Kind } from './kind.ts';
import { objectSchema } from './object-meta.ts';

/** Events are a story of the last hour, as on a cluster; they would grow without bound otherwise. */
const EVENT_TTL_MS = 60 * 60_000;

/** Where events about objects without a namespace go. */
const CLUSTER_WIDE_NAMESPACES = ['default', 'kube-system'];

const TIME: Schema = { type: 'string', format: 'date-time', nullable: true };

const REFERENCE: Schema = {
  type: 'object',
  properties: Object.fromEntries(
    ['apiVersion', 'kind', 'namespace', 'name', 'uid', 'resourceVersion', 'fieldPath'].map((name) => [
      name,
      { description: `${name} of the object.`, type: 'string' },
    ]),
  ),
};

type StoredEvent = Event & {
  involvedObject: { fieldPath?: string };
  eventTime?: string | null;
  series?: { count?: number; lastObservedTime?: string };
};

export const EVENT_KIND: Kind = {
  resource: EVENTS,
  listKind: 'EventList',
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [],
  schema: objectSchema('Event', {
    description: 'An Event says what happened to an object. It goes away an hour after it was last written.',
    properties: {
      involvedObject: { ...REFERENCE, description: 'The object it happened to.' },
      related: { ...REFERENCE, description: 'Another object that took part.', nullable: true },
      reason: { description: 'One word in CamelCase, for programs.', type: 'string' },
      message: { description: 'What happened, for people.', type: 'string' },
      type: { description: 'Normal or Warning.', type: 'string' },
      action: { description: 'What was done.', type: 'string' },
      source: {
        description: 'The component that reports it.',
        type: 'object',
        properties: {
          component: { description: 'Name of the component.', type: 'string' },
          host: { description: 'Where it runs.', type: 'string' },
        },
      },
      reportingComponent: { description: 'Name of the component.', type: 'string' },
      reportingInstance: { description: 'Which process of the component.', type: 'string' },
      firstTimestamp: { ...TIME, description: 'When it first happened.' },
      lastTimestamp: { ...TIME, description: 'When it last happened.' },
      eventTime: { ...TIME, description: 'When it happened.' },
      count: { description: 'How often it happened.', type: 'integer', format: 'int32' },
      series: {
        description: 'How often it happened, for components that count themselves.',
        type: 'object',
        nullable: true,
        properties: {
          count: { description: 'How often it happened.', type: 'integer', format: 'int32' },
          lastObservedTime: { ...TIME, description: 'When it last happened.' },
        },
      },
    },
    required: ['involvedObject'],
  }),
  columns: [
    column('Last Seen', (object, now) => ageOf(lastSeen(object as StoredEvent), now), {
      description: 'When it last happened.',
    }),
    column('Type', (object) => (object as Event).type ?? '', { description: 'Normal or Warning.' }),
    column('Reason', (object) => (object as Event).reason ?? '', { description: 'Why, in one word.' }),
    column('Object', (object) => objectText(object as Event), { description: 'The object it happened to.' }),
    column('Subobject', (object) => (object as StoredEvent).involvedObject.fieldPath ?? '', {
      description: 'The part of the object.',
      priority: 1,
    }),
    column('Source', (object) => sourceText(object as Event), { description: 'Who reports it.', priority: 1 }),
    column('Message', (object) => (object as Event).message?.trim() ?? '', { description: 'What happened.' }),
    column('First Seen', (object, now) => ageOf(firstSeen(object as StoredEvent), now), {
      description: 'When it first happened.',
      priority: 1,
    }),
    column('Count', (object) => countOf(object as StoredEvent), {
      type: 'integer',
      description: 'How often it happened.',
      priority: 1,
    }),
    column('Name', (object) => object.metadata.name ?? '', { description: 'The name of the event.', priority: 1 }),
  ],
  custom: false,
  hasGeneration: false,
  unconditionalUpdate: true,
  mergeKeys: METADATA_MERGE_KEYS,
  names: 'subdomain',
  selectableFields: {
    ...Object.fromEntries(
      (['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const).map((field) => [
        `involvedObject.${field}`,
        (object: KubeObject) => (object as StoredEvent).involvedObject[field] ?? '',
      ]),
    ),
    reason: (object) => (object as Event).reason ?? '',
    type: (object) => (object as Event).type ?? '',
    source: (object) => (object as Event).source?.component ?? (object as Event).reportingComponent ?? '',
    reportingComponent: (object) => (object as Event).reportingComponent ?? '',
  },
  ttlMs: EVENT_TTL_MS,
  strategy: {
    validate: (object) => {
      const namespace = (object as StoredEvent).involvedObject.namespace ?? '';
      const matches =
        namespace === ''
          ? CLUSTER_WIDE_NAMESPACES.includes(object.metadata.namespace ?? '')
          : namespace === object.metadata.namespace;
      return matches ? [] : [invalidValue('involvedObject.namespace', namespace, 'does not match event.namespace')];
    },
  },
};

function lastSeen(event: StoredEvent): unknown {
  return event.series?.lastObservedTime ?? event.lastTimestamp ?? firstSeen(event);
}

function firstSeen(event: StoredEvent): unknown {
  return event.firstTimestamp ?? event.eventTime;
}

function countOf(event: StoredEvent): number {
  return event.series?.count ?? Math.max(1, event.count ?? 1);
}

function objectText(event: Event): string {
  const { kind = '', name = '' } = event.involvedObject;
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function sourceText(event: Event): string {
  const component = event.source?.component ?? event.reportingComponent ?? '';
  const host = event.source?.host ?? event.reportingInstance ?? '';
  return host === '' ? component : `${component}, ${host}`;
}
