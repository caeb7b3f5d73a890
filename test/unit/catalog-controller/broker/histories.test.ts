import { describe, test } from '@jest/globals';
import fc from 'fast-check';
import type { SyncEnd } from '../../../../catalog-controller/broker/observed.ts';
import { isTrue } from '../../../../lib/catalog/conditions.ts';
import { BrokerWorld } from './world.ts';

type Step =
  | { readonly do: 'pass'; readonly failure: SyncEnd['kind'] | undefined; readonly crash: boolean }
  | { readonly do: 'catalog' | 'relist' | 'manual' | 'instance' | 'no instance' | 'delete' }
  | { readonly do: 'time'; readonly hours: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      failure: fc.constantFrom(undefined, undefined, 'no-credentials', 'not-fetched', 'not-published'),
      crash: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('catalog', 'relist', 'manual', 'instance', 'no instance', 'delete'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('time' as const), hours: fc.constantFrom(0.01, 1, 25, 200) }) },
);

function take(world: BrokerWorld, one: Step): void {
  switch (one.do) {
    case 'pass':
      world.pass(one.failure, one.crash);
      return;
    case 'catalog':
      world.listed += 1;
      return;
    case 'relist':
      world.edit({ relistRequests: (world.broker?.spec.relistRequests ?? 0) + 1 });
      return;
    case 'manual':
      world.edit({ relistBehavior: 'Manual' });
      return;
    case 'instance':
      // Nobody gets an instance of a broker that is not there or is going.
      if (world.broker?.metadata.deletionTimestamp === undefined && world.published > 0) world.instances += 1;
      return;
    case 'no instance':
      world.instances = Math.max(0, world.instances - 1);
      return;
    case 'delete':
      world.delete();
      return;
    case 'time':
      world.now += one.hours * 3_600_000;
      return;
  }
}

/** Until nothing more happens but the next relist. */
function settle(world: BrokerWorld): void {
  for (let round = 0; round < 100; round += 1) {
    const result = world.pass(undefined, false);
    if (result === 'acted') continue;
    if (result === undefined || isTrue(world.broker?.status, 'Ready')) return;
    world.now = Math.max(world.now + 1, result);
  }
  throw new Error('the controller does not come to rest');
}

describe('any history of a broker', () => {
  test('ends with its catalog published, or with the broker gone after its last instance', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const world = new BrokerWorld();
        for (const one of steps) take(world, one);
        settle(world);
        const { broker } = world;
        if (broker !== undefined && broker.metadata.deletionTimestamp === undefined) {
          if (!isTrue(broker.status, 'Ready')) throw new Error(`not ready: ${JSON.stringify(broker.status)}`);
          world.edit({ relistRequests: (broker.spec.relistRequests ?? 0) + 1 });
          settle(world);
          if (world.published !== world.listed) throw new Error('the catalog was not read on demand');
          world.delete();
          settle(world);
        }
        if (world.instances > 0 && world.broker?.status?.lastConditionState !== 'DeletionBlockedByExistingInstances') {
          throw new Error('the broker does not say what it waits for');
        }
        world.instances = 0;
        settle(world);
        if (world.broker !== undefined || world.published > 0) throw new Error('something of the broker is left');
      }),
      { numRuns: 10_000 },
    );
  });
});
