import type { RequestListener } from 'node:http';
import { randomUUID } from 'node:crypto';
import { NAMESPACES } from '../lib/kube/core-resources.ts';
import type { KubeObject } from '../lib/kube/objects.ts';
import type { Clock } from '../lib/runtime/clock.ts';
import type { Logger } from '../lib/runtime/log.ts';
import type { Registry } from '../lib/runtime/metrics.ts';
import { toError } from '../lib/runtime/errors.ts';
import type { Authorizer } from './authorizer.ts';
import { createHandler } from './http/handler.ts';
import type { CustomResourceDefinition } from './kinds/custom-kind.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from './kinds/definition-kind.ts';
import { KindTable, storageResource } from './kinds/kind-table.ts';
import { NAMESPACE_KIND, PERMANENT_NAMESPACES } from './kinds/namespace.ts';
import type { Admission } from './registry/context.ts';
import { timestamp } from './registry/create.ts';
import { prepareForCreate } from './registry/prepare.ts';
import type { Storage } from './storage/storage.ts';
import { jsonEqual } from './schema/json-equal.ts';

/** What an API server is made of. */
export interface ApiServerDependencies {
  readonly storage: Storage;
  readonly definitions: readonly CustomResourceDefinition[];
  readonly admission: Admission;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly log: Logger;
}

/** A server that does not listen yet. */
export interface ApiServer {
  /** To be served over TLS that asks for client certificates and does not insist on them. */
  readonly handler: RequestListener;
  /** What it serves. */
  readonly kinds: KindTable;
  /** Ends open watches; the storage stays open. */
  stop(): void;
}

/** How often history is trimmed and objects whose time is over go, milliseconds. */
const MAINTENANCE_INTERVAL_MS = 60_000;

/** Puts what must exist into the storage and makes the handler. Throws UsageError for definitions it cannot serve. */
export async function createApiServer(dependencies: ApiServerDependencies): Promise<ApiServer> {
  const { storage, definitions, admission, authorizer, clock, registry, log } = dependencies;
  const kinds = new KindTable(definitions);
  await createNamespaces(storage, clock);
  await publishDefinitions(storage, definitions, clock);
  const stopping = new AbortController();
  const maintenance = setInterval(() => {
    storage.maintain().catch((thrown: unknown) => {
      log.error({ err: toError(thrown) }, 'the storage could not be maintained');
    });
  }, MAINTENANCE_INTERVAL_MS);
  maintenance.unref();
  const context = { storage, kinds, admission, authorizer, clock };
  return {
    handler: createHandler({ context, registry, log, signal: stopping.signal }),
    kinds,
    stop: () => {
      clearInterval(maintenance);
      stopping.abort(new Error('the server is stopping'));
    },
  };
}

async function createNamespaces(storage: Storage, clock: Clock): Promise<void> {
  for (const name of PERMANENT_NAMESPACES) {
    const key = { resource: storageResource(NAMESPACES), namespace: '', name };
    if ((await storage.get(key)) !== undefined) continue;
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await storage.create(key, born(prepareForCreate(NAMESPACE_KIND, object, undefined), clock));
  }
}

/** Definitions are objects too, so that clients can read and wait for them; the files decide what is in them. */
async function publishDefinitions(
  storage: Storage,
  definitions: readonly CustomResourceDefinition[],
  clock: Clock,
): Promise<void> {
  const resource = storageResource(CUSTOM_RESOURCE_DEFINITIONS);
  const names = new Set(definitions.map((definition) => definition.metadata.name));
  for (const { object, revision } of (await storage.list({ resource })).items) {
    const { name = '' } = object.metadata;
    if (!names.has(name)) await storage.delete({ resource, namespace: '', name }, revision);
  }
  for (const definition of definitions) {
    const key = { resource, namespace: '', name: definition.metadata.name ?? '' };
    const stored = await storage.get(key);
    if (stored === undefined) {
      await storage.create(key, born({ ...definition, ...established(definition, clock) }, clock));
      continue;
    }
    const current = stored.object as CustomResourceDefinition;
    if (saysTheSame(current, definition)) continue;
    const generation = (current.metadata.generation ?? 1) + 1;
    const metadata = { ...current.metadata, ...definition.metadata, generation };
    await storage.update(key, { ...definition, metadata, status: current.status } as KubeObject, stored.revision);
  }
}

function saysTheSame(current: CustomResourceDefinition, definition: CustomResourceDefinition): boolean {
  const part = ({ spec, metadata: { labels, annotations } }: CustomResourceDefinition) => ({
    spec,
    labels,
    annotations,
  });
  return jsonEqual(part(current), part(definition));
}

function born<T extends KubeObject>(object: T, clock: Clock): T {
  const { metadata } = object;
  return {
    ...object,
    metadata: { ...metadata, uid: randomUUID(), creationTimestamp: timestamp(clock.now()) },
  };
}

function established({ metadata, spec }: CustomResourceDefinition, clock: Clock): object {
  const lastTransitionTime = timestamp(clock.now());
  return {
    metadata: { ...metadata, generation: 1 },
    status: {
      acceptedNames: spec.names,
      storedVersions: spec.versions.map((version) => version.name),
      conditions: [
        {
          type: 'NamesAccepted',
          status: 'True',
          reason: 'NoConflicts',
          message: 'no conflicts found',
          lastTransitionTime,
        },
        {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
          lastTransitionTime,
        },
      ],
    },
  };
}
