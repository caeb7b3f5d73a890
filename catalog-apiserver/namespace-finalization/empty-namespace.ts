import type { KubeClient } from '../../lib/kube/client.ts';
import type { MetadataInformers } from '../../lib/kube/metadata-informers.ts';
import type { KubeObject, Resource } from '../../lib/kube/objects.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Remaining } from './conditions.ts';

/** What one pass over the content of a namespace came to. */
export interface Pass {
  readonly remaining: readonly Remaining[];
  /** What could not be deleted and why, for people. */
  readonly failures: readonly string[];
}

/** Deletions that are sent at once. */
const PARALLEL = 8;

/**
 * Sends a delete to everything in the namespace that is not being deleted yet, and says what is left.
 *
 * In two stages, as Kubernetes deletes pods first (KEP-5080): the objects of custom resources, whose controllers may
 * need Secrets and ConfigMaps of the namespace to clean up (a broker's password), and when they are gone everything
 * else. Events go last that way too, and tell the story to the end.
 */
export async function emptyNamespace(
  client: Pick<KubeClient, 'list' | 'delete'>,
  metadata: MetadataInformers,
  resources: readonly Resource[],
  namespace: string,
  signal: AbortSignal,
): Promise<Pass> {
  for (const stage of stages(resources)) {
    const known = stage.map((resource) => ({ resource, objects: metadata.inNamespace(resource, namespace) }));
    const pass = await deleteAll(client, namespace, known, signal);
    // As far as the copy knows. Before a stage counts as done the server itself has to say so.
    if (pass.remaining.length > 0) return pass;
    const live = await Promise.all(
      stage.map(async (resource) => ({ resource, objects: await list(client, resource, namespace, signal) })),
    );
    const found = await deleteAll(client, namespace, live, signal);
    if (found.remaining.length > 0) return found;
  }
  return { remaining: [], failures: [] };
}

/** Whether everything in the namespace that the current stage waits for is gone, as far as the copy knows. */
export function stageIsOver(metadata: MetadataInformers, resources: readonly Resource[], namespace: string): boolean {
  const counts = stages(resources).map((stage) =>
    stage.reduce((sum, resource) => sum + metadata.countInNamespace(resource, namespace), 0),
  );
  return counts.some((count) => count === 0);
}

function stages(resources: readonly Resource[]): Resource[][] {
  const isCore = ({ group }: Resource): boolean => group === '' || group === 'coordination.k8s.io';
  return [resources.filter((resource) => !isCore(resource)), resources.filter(isCore)];
}

interface Content {
  readonly resource: Resource;
  readonly objects: readonly KubeObject[];
}

async function list(
  client: Pick<KubeClient, 'list'>,
  resource: Resource,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  return (await client.list(resource, { namespace, signal })).items;
}

/** Deletes what is not being deleted yet. What has no finalizer is gone when its deletion was answered. */
async function deleteAll(
  client: Pick<KubeClient, 'delete'>,
  namespace: string,
  content: readonly Content[],
  signal: AbortSignal,
): Promise<Pass> {
  const failures: string[] = [];
  const undeleted = new Set<KubeObject>();
  const waiting = content.flatMap(({ resource, objects }) =>
    objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map((object) => ({ resource, object })),
  );
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { resource, object } = next;
      const { name = '', uid } = object.metadata;
      try {
        await client.delete(resource, { namespace, name }, { ...(uid === undefined ? {} : { uid }), signal });
      } catch (thrown) {
        signal.throwIfAborted();
        undeleted.add(object);
        failures.push(`${nameOf(resource)} ${name}: ${toError(thrown).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  const remaining = content.flatMap(({ resource, objects }) => {
    const held = objects.filter((object) => undeleted.has(object) || (object.metadata.finalizers ?? []).length > 0);
    return held.length === 0
      ? []
      : [{ resource: nameOf(resource), count: held.length, finalizers: countFinalizers(held) }];
  });
  return { remaining, failures };
}

function countFinalizers(objects: readonly KubeObject[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { metadata } of objects) {
    for (const finalizer of metadata.finalizers ?? []) counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  }
  return counts;
}

function nameOf({ plural, group }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`;
}
