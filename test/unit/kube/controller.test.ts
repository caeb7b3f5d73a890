import { describe, expect, test } from '@jest/globals';
import { KubeApiError } from '../../../lib/kube/client.ts';
import { again, Controller, DONE, giveUp, retry } from '../../../lib/kube/controller.ts';
import type { Result, Source } from '../../../lib/kube/controller.ts';
import { createLogger, silentLogger } from '../../../lib/runtime/log.ts';
import { FakeClock, settled } from './fake-clock.ts';

/** A source whose changes and whose first list the test decides about. */
function aSource(): Source & { change: (key: string) => void; synced: () => void; readonly subscribers: number } {
  const adders = new Set<(key: string) => void>();
  const sync = Promise.withResolvers<undefined>();
  return {
    waitForSync: (signal) => {
      signal.addEventListener('abort', () => {
        sync.reject(signal.reason as Error);
      });
      return sync.promise;
    },
    subscribe: (add) => {
      adders.add(add);
      return () => adders.delete(add);
    },
    change: (key) => {
      for (const add of adders) add(key);
    },
    synced: () => {
      sync.resolve(undefined);
    },
    get subscribers() {
      return adders.size;
    },
  };
}

async function aController(reconcile: (key: string, signal: AbortSignal) => Promise<Result>, log = silentLogger()) {
  const clock = new FakeClock();
  const source = aSource();
  const results: string[] = [];
  const nothing = (): void => undefined;
  const controller = new Controller({
    name: 'test',
    sources: [source],
    reconcile,
    log,
    clock,
    random: () => 1,
    backoff: { initialMs: 1_000, maximumMs: 60_000 },
    stopTimeoutMs: 5_000,
    observer: {
      depth: nothing,
      started: nothing,
      finished: nothing,
      retried: nothing,
      reconciled: (result) => results.push(result),
    },
  });
  source.synced();
  await controller.start();
  return { clock, source, controller, results };
}

describe('a controller', () => {
  test('begins only when its sources have their first list', async () => {
    const source = aSource();
    const seen: string[] = [];
    const controller = new Controller({
      name: 'test',
      sources: [source],
      reconcile: async (key) => {
        seen.push(key);
        return DONE;
      },
      log: silentLogger(),
    });
    const started = controller.start();
    source.change('a');
    await settled();
    expect(seen).toEqual([]);
    source.synced();
    await started;
    await settled();
    expect(seen).toEqual(['a']);
    await controller.stop();
    expect(source.subscribers).toBe(0);
  });

  test('what has something to do at once goes on before others begin, but not for ever', async () => {
    const greedy = 'greedy';
    const keys = [greedy, ...Array.from({ length: 7 }, (_, index) => `key-${index}`)];
    const seen: string[] = [];
    const { clock, source } = await aController(async (key) => {
      seen.push(key);
      await Promise.resolve();
      const steps = seen.filter((other) => other === key).length;
      return steps < (key === greedy ? 50 : 3) ? again(clock.now()) : DONE;
    });
    for (const key of keys) source.change(key);
    await settled();
    expect(seen.lastIndexOf('key-0')).toBeLessThan(seen.indexOf('key-6'));
    expect(seen.lastIndexOf('key-6')).toBeLessThan(seen.lastIndexOf(greedy));
  });

  test('done waits for a change, again for its time', async () => {
    const times: number[] = [];
    const { clock, source } = await aController(async () => {
      times.push(clock.now());
      return times.length === 1 ? again(clock.now() + 7_000) : DONE;
    });
    const start = clock.now();
    source.change('a');
    await clock.advance(100_000);
    expect(times.map((time) => time - start)).toEqual([0, 7_000]);
    source.change('a');
    await settled();
    expect(times).toHaveLength(3);
  });

  test('retry and whatever is thrown come again after a growing back-off, which a success ends', async () => {
    const times: number[] = [];
    const outcomes: (() => Result)[] = [
      () => retry(new Error('not yet')),
      () => {
        throw new TypeError('a fault in the program');
      },
      () => retry(new KubeApiError(409, 'Conflict', 'changed')),
      () => DONE,
      () => retry(new Error('not yet')),
      () => DONE,
    ];
    const { clock, source, results } = await aController(async () => {
      times.push(clock.now());
      return outcomes.shift()!();
    });
    const start = clock.now();
    source.change('a');
    await clock.advance(100_000);
    source.change('a');
    await clock.advance(100_000);
    expect(times.map((time) => time - start)).toEqual([0, 1_000, 3_000, 7_000, 100_000, 101_000]);
    expect(results).toEqual(['retry', 'retry', 'retry', 'done', 'retry', 'done']);
  });

  test('give up waits for a change and is logged as an error', async () => {
    const lines: string[] = [];
    const log = createLogger('test', 'info', { write: (line: string) => lines.push(line) });
    let runs = 0;
    const { clock, source } = await aController(async () => {
      runs += 1;
      return giveUp(new Error('the plan does not exist'));
    }, log);
    source.change('a');
    await clock.advance(1_000_000);
    expect(runs).toBe(1);
    expect(lines.join('')).toContain('the plan does not exist');
    source.change('a');
    await settled();
    expect(runs).toBe(2);
  });

  test('stop waits for the reconciles that run, then aborts their signal', async () => {
    let aborted = false;
    const { clock, source, controller } = await aController(
      (_key, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve(DONE);
          });
        }),
    );
    source.change('a');
    const stopping = controller.stop();
    source.change('b');
    await clock.advance(4_999);
    expect(aborted).toBe(false);
    await clock.advance(1);
    await stopping;
    expect(aborted).toBe(true);
  });

  test('stop does not wait for ever for a reconcile that does not heed its signal', async () => {
    const { clock, source, controller } = await aController(() => new Promise(() => undefined));
    source.change('a');
    const stopping = controller.stop();
    await clock.advance(6_000);
    await expect(stopping).resolves.toBeUndefined();
  });
});
