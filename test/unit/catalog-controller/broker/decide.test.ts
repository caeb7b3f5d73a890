import { expect, test } from '@jest/globals';
import { decideBroker } from '../../../../catalog-controller/broker/decide.ts';
import { FINALIZER } from '../../../../lib/catalog/resources.ts';
import { CLUSTER_SCOPE } from '../../../../lib/catalog/scope.ts';
import { NOW } from '../instance/builders.ts';
import { POLICY } from '../world/policy.ts';

test.each([
  ['1ms', 30_000],
  ['30s', 30_000],
  ['15m', 900_000],
  ['0s', 86_400_000],
  [undefined, 86_400_000],
])('a catalog with relistDuration %s is read again after %i ms', (relistDuration, interval) => {
  const status = {
    reconciledGeneration: 1,
    observedGeneration: 1,
    lastCatalogRetrievalTime: new Date(NOW).toISOString(),
    conditions: [
      { type: 'Ready', status: 'True', reason: 'FetchedCatalog', message: '', lastTransitionTime: '' } as const,
    ],
  };
  const broker = {
    metadata: { name: 'broker', uid: 'uid', generation: 1, finalizers: [FINALIZER] },
    spec: { url: 'http://broker', ...(relistDuration === undefined ? {} : { relistDuration }) },
    status,
  };
  const at = (now: number): ReturnType<typeof decideBroker> =>
    decideBroker({
      now,
      random: 1,
      scope: CLUSTER_SCOPE,
      broker,
      policy: POLICY,
      relistIntervalMs: 86_400_000,
      instances: [],
      offerings: 1,
    });
  expect(at(NOW)).toEqual({ type: 'wait', wakeAt: NOW + interval });
  expect(at(NOW + interval)).toEqual({ type: 'sync' });
});
