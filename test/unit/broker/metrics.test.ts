import { describe, expect, test } from '@jest/globals';
import { createBrokerMetrics } from '../../../broker/metrics.ts';
import { Registry } from '../../../lib/runtime/metrics.ts';

describe('the number of operations in progress', () => {
  test('is what the store says, and is absent, not 0, while the store is down', async () => {
    const registry = new Registry();
    let depth = (): Promise<number> => Promise.resolve(7);
    createBrokerMetrics(registry, { all: [] } as never, () => depth());
    const value = /^broker_operations_in_progress .*$/m;
    expect(value.exec(await registry.metrics())?.[0]).toBe('broker_operations_in_progress 7');
    depth = () => Promise.reject(new Error('the store is down'));
    expect(await registry.metrics()).not.toMatch(value);
    depth = () => Promise.resolve(0);
    expect(value.exec(await registry.metrics())?.[0]).toBe('broker_operations_in_progress 0');
  });
});
