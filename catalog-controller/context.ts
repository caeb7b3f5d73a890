import type { KubeClient } from '../lib/kube/client.ts';
import type { EventRecorder } from '../lib/kube/event-recorder.ts';
import type { Clock } from '../lib/runtime/clock.ts';
import type { Logger } from '../lib/runtime/log.ts';
import type { BrokerClients } from './broker-clients.ts';
import type { CatalogMemory } from './broker/fetch-catalog.ts';
import type { Caches } from './caches.ts';
import type { Memory } from './memory.ts';
import type { RetryPolicy } from './operation/retry.ts';
import type { Settings } from './settings.ts';

/** What every reconcile has at hand. */
export interface Context {
  readonly kube: KubeClient;
  readonly caches: Caches;
  readonly brokers: BrokerClients;
  readonly memory: Memory;
  readonly catalogs: CatalogMemory;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly settings: Settings;
  readonly policy: RetryPolicy;
  /** The cluster's id as brokers know it. */
  readonly clusterId: () => string;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}
