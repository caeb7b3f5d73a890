import { createKubeClient } from '../lib/kube/api-client.ts';
import { MetadataInformers } from '../lib/kube/metadata-informers.ts';
import type { Clock } from '../lib/runtime/clock.ts';
import type { Logger } from '../lib/runtime/log.ts';
import { startGarbageCollector } from './garbage-collection/garbage-collector.ts';
import type { KindTable } from './kinds/kind-table.ts';
import { startNamespaceFinalizer } from './namespace-finalization/namespace-finalizer.ts';

export interface ControllersOptions {
  /** Path or text. */
  readonly kubeconfig: string;
  readonly kinds: KindTable;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * Starts what a cluster's controller manager does for a storage of objects: collects garbage and empties namespaces.
 * They are clients like any other, so the same code could run against another server.
 */
export function startControllers({ kubeconfig, kinds, log, clock }: ControllersOptions): { stop(): Promise<void> } {
  const client = createKubeClient({ kubeconfig });
  // Events own nothing and are owned by nobody; following them would be most of the work for nothing.
  const followed = kinds.all.filter((kind) => kind.ttlMs === undefined && kind.verbs.includes('delete'));
  const metadata = new MetadataInformers({ client, resources: followed.map((kind) => kind.resource), log });
  metadata.start();
  const collector = startGarbageCollector({ client, metadata, log });
  const resources = kinds.all.filter((kind) => kind.resource.namespaced).map((kind) => kind.resource);
  const finalizer = startNamespaceFinalizer({ client, metadata, resources, log, clock });
  return {
    stop: async () => {
      await Promise.all([collector.stop(), finalizer.stop()]);
      await metadata.stop();
      client.close();
    },
  };
}
