import { expect, test } from '@jest/globals';
import { catalogIsRead } from '../../../../local/quickstart/broker-ready.ts';
import type { ClusterServiceBroker } from '../../../../lib/catalog/types.generated.ts';

const broker = (generation: number, reconciledGeneration: number, status: 'True' | 'False'): ClusterServiceBroker => ({
  metadata: { name: 'cloud-broker', generation },
  spec: { url: 'https://broker.test' },
  status: {
    reconciledGeneration,
    conditions: [{ type: 'Ready', status, reason: 'R', message: 'M', lastTransitionTime: '2026-01-01T00:00:00Z' }],
  },
});

test('a catalog counts as read when that was after the object asked for it last', () => {
  expect(catalogIsRead(broker(2, 2, 'True'))).toBe(true);
  expect(catalogIsRead(broker(3, 2, 'True'))).toBe(false);
  expect(catalogIsRead(broker(2, 2, 'False'))).toBe(false);
  expect(catalogIsRead({ metadata: {}, spec: { url: 'https://broker.test' } })).toBe(false);
});

test('nobody waits for the catalog of a broker that is being deleted', () => {
  const going = broker(3, 2, 'False');
  going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  expect(catalogIsRead(going)).toBe(true);
});
