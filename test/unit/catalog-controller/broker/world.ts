import { isDeepStrictEqual } from 'node:util';
import { decideBroker } from '../../../../catalog-controller/broker/decide.ts';
import type {
  BrokerAction,
  BrokerObserved,
  BrokerStatus,
  SyncEnd,
} from '../../../../catalog-controller/broker/observed.ts';
import { settleSync } from '../../../../catalog-controller/broker/settle.ts';
import { FINALIZER } from '../../../../lib/catalog/resources.ts';
import { CLUSTER_SCOPE } from '../../../../lib/catalog/scope.ts';
import type { ClusterServiceBroker } from '../../../../lib/catalog/types.generated.ts';
import { POLICY } from '../world/policy.ts';

/** One broker object, what its catalog says, and the classes that were made from it. */
export class BrokerWorld {
  now = Date.parse('2026-01-01T00:00:00Z');
  broker: ClusterServiceBroker | undefined = {
    metadata: { name: 'broker', uid: 'uid', generation: 1 },
    spec: { url: 'http://broker', relistBehavior: 'Duration' },
  };
  /** Versions of the catalog: what the broker lists, and what is published here. */
  listed = 1;
  published = 0;
  instances = 0;

  edit(change: Partial<ClusterServiceBroker['spec']>): void {
    if (this.broker === undefined) return;
    const { metadata, spec } = this.broker;
    this.broker = {
      ...this.broker,
      metadata: { ...metadata, generation: (metadata.generation ?? 1) + 1 },
      spec: { ...spec, ...change },
    };
  }

  delete(): void {
    if (this.broker === undefined) return;
    if ((this.broker.metadata.finalizers ?? []).length === 0) this.broker = undefined;
    else {
      const { metadata } = this.broker;
      this.broker = { ...this.broker, metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    }
  }

  /** One pass. `failure` is how the reading of the catalog fails; `crash`: the status is not written. */
  pass(failure: SyncEnd['kind'] | undefined, crash: boolean): 'acted' | number | undefined {
    if (this.broker === undefined) return undefined;
    const observed: BrokerObserved = {
      now: this.now,
      random: 1,
      scope: CLUSTER_SCOPE,
      broker: this.broker,
      policy: POLICY,
      relistIntervalMs: 24 * 3_600_000,
      instances: Array.from({ length: this.instances }, (_, index) => `ns/i${index}`),
      offerings: this.published,
    };
    return this.#perform(observed, decideBroker(observed), failure, crash);
  }

  #perform(
    observed: BrokerObserved,
    action: BrokerAction,
    failure: SyncEnd['kind'] | undefined,
    crash: boolean,
  ): 'acted' | number | undefined {
    const { broker } = observed;
    switch (action.type) {
      case 'wait':
        return action.wakeAt;
      case 'report':
        return this.#write(action.status, crash);
      case 'adopt':
        this.broker = {
          ...(broker as ClusterServiceBroker),
          metadata: { ...broker.metadata, finalizers: [FINALIZER] },
        };
        return 'acted';
      case 'sync':
        if (failure === undefined || failure === 'published') this.published = this.listed;
        return this.#write(settleSync(observed, endOf(failure)), crash);
      case 'remove-offerings':
        if (this.instances > 0) throw new Error('classes are removed while there are instances');
        this.published = 0;
        return 'acted';
      case 'release':
        if (this.instances > 0 || this.published > 0) throw new Error('the broker goes too early');
        this.broker = undefined;
        return 'acted';
    }
  }

  #write(status: BrokerStatus, crash: boolean): 'acted' | undefined {
    if (this.broker === undefined || isDeepStrictEqual(this.broker.status, status)) return undefined;
    if (!crash) this.broker = { ...this.broker, status };
    return 'acted';
  }
}

function endOf(failure: SyncEnd['kind'] | undefined): SyncEnd {
  switch (failure) {
    case undefined:
    case 'published':
      return { kind: 'published', classes: 1, plans: 1 };
    case 'no-credentials':
      return { kind: 'no-credentials', message: 'no Secret' };
    case 'not-fetched':
      return { kind: 'not-fetched', message: 'down', notBeforeMs: 0 };
    case 'not-published':
      return { kind: 'not-published', faults: ['a fault'] };
  }
}
