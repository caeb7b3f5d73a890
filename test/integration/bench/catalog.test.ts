import { describe, expect, test } from '@jest/globals';
import { startEmbeddedApi } from '../../../bench/catalog/embedded-api.ts';
import { measureOn } from '../../../bench/catalog/measure.ts';
import { report } from '../../../bench/catalog/report.ts';
import { isAboutEvents, total } from '../../../bench/catalog/request-counts.ts';
import type { RequestCounts } from '../../../bench/catalog/request-counts.ts';

// The measurement itself, small: it starts everything, leaves nothing at the broker (or it throws), and counts.

const PAIRS = 3;
const eachWithoutEvents = (counts: RequestCounts): number => total(counts, (kind) => !isAboutEvents(kind)) / PAIRS;

describe('the measurement of the catalog, on our own API server', () => {
  test('makes and removes pairs in every way, and counts what that takes', async () => {
    // Events, which may be written later than this waits for, are not counted here.
    const wanted = { pairs: [PAIRS], rounds: 1, atOnce: 2, warmUp: 1, quietMs: 50, counted: PAIRS };
    const said: string[] = [];
    const { signal } = new AbortController();
    const { promise: never } = Promise.withResolvers<never>();
    const { comparisons, budget } = await measureOn(startEmbeddedApi, wanted, signal, never, (_, what) =>
      said.push(what),
    );
    expect(said).toEqual(['requests', '3 pairs']);
    for (const { controllers, careful, bare } of comparisons) {
      for (const turn of [...controllers, ...careful, ...bare]) expect(turn.readyMs).toHaveLength(PAIRS);
    }
    // Admission completes objects before they are stored, so this is less than on a cluster.
    expect(eachWithoutEvents(budget!.oneAfterTheOther.createRequests)).toBe(8);
    expect(eachWithoutEvents(budget!.oneAfterTheOther.deleteRequests)).toBe(7);
    expect(eachWithoutEvents(budget!.bare.createRequests)).toBe(5);
    expect(Object.fromEntries(budget!.together.calls)).toEqual({
      ProvisionInstance: PAIRS,
      Bind: PAIRS,
      Unbind: PAIRS,
      DeprovisionInstance: PAIRS,
    });
    expect(report(comparisons, [budget!])).toContain('| embedded   | 3     |');
  }, 240_000);
});
