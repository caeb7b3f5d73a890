import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DelayHeap } from '../../../lib/kube/delay-heap.ts';
import { WorkQueue } from '../../../lib/kube/work-queue.ts';
import { FakeClock, settled } from './fake-clock.ts';

const minute = 60_000;

/** A queue whose work lasts until the test ends it, watched for what must never happen. */
class World {
  readonly clock = new FakeClock();
  readonly queue: WorkQueue;
  readonly running = new Map<string, () => void>();
  readonly starts = new Map<string, number>();
  readonly violations: string[] = [];
  #sequence = 0;

  constructor(concurrencyPerGroup: number) {
    this.queue = new WorkQueue({
      clock: this.clock,
      concurrencyPerGroup,
      random: () => 1,
      backoff: { initialMs: 1_000, maximumMs: 10 * minute },
      groupOf,
      work: (key) => {
        if (this.running.has(key)) this.violations.push(`${key} is worked on twice at the same time`);
        this.starts.set(key, this.tick());
        return new Promise((resolve) => {
          this.running.set(key, () => {
            this.running.delete(key);
            resolve();
          });
          const inGroup = [...this.running.keys()].filter((other) => groupOf(other) === groupOf(key)).length;
          if (inGroup > concurrencyPerGroup) this.violations.push(`${inGroup} workers in the group of ${key}`);
        });
      },
    });
  }

  tick(): number {
    return ++this.#sequence;
  }

  async finish(key: string | undefined): Promise<void> {
    if (key !== undefined) this.running.get(key)?.();
    await settled();
  }
}

const groupOf = (key: string): string => key.split('-')[0]!;

describe('the work queue', () => {
  test('loses no key, never works on one key twice at a time and keeps to the workers of each group', async () => {
    const key = fc.constantFrom('a-1', 'a-2', 'a-3', 'a-4', 'b-1', 'b-2', 'c-1');
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key }),
      fc.record({ do: fc.constant('addAt' as const), key, in: fc.integer({ min: -10, max: 100 }) }),
      fc.record({ do: fc.constant('retry' as const), key }),
      fc.record({ do: fc.constant('forget' as const), key }),
      fc.record({ do: fc.constant('finish' as const), which: fc.nat(20) }),
      fc.record({ do: fc.constant('wait' as const), for: fc.integer({ min: 1, max: 60 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 3 }), async (steps, workers) => {
        const world = new World(workers);
        const added = new Map<string, number>();
        for (const one of steps) {
          if (one.do === 'add' || one.do === 'addAt' || one.do === 'retry') added.set(one.key, world.tick());
          if (one.do === 'add') world.queue.add(one.key);
          else if (one.do === 'addAt') world.queue.addAt(one.key, world.clock.now() + one.in);
          else if (one.do === 'retry') world.queue.retry(one.key);
          else if (one.do === 'forget') world.queue.forget(one.key);
          else if (one.do === 'finish') await world.finish([...world.running.keys()][one.which % world.running.size]);
          else await world.clock.advance(one.for);
          expect(world.violations).toEqual([]);
        }
        for (let round = 0; round < 100 && (world.running.size > 0 || world.clock.sleeping > 0); round++) {
          for (const running of [...world.running.keys()]) await world.finish(running);
          await world.clock.advance(10 * minute);
        }
        expect(world.violations).toEqual([]);
        expect(world.queue.depth + world.queue.working).toBe(0);
        // A key that waits for a time is taken up early when something else adds it: then that counts for both.
        for (const [name, when] of added) {
          const started = world.starts.get(name) ?? -1;
          const excused = steps.some((one) => one.do === 'addAt' && one.key === name);
          if (!excused) expect(started).toBeGreaterThan(when);
          else expect(started).toBeGreaterThan(0);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('a group whose work hangs does not hold up the others', async () => {
    const world = new World(2);
    for (const key of ['a-1', 'a-2', 'a-3', 'b-1', 'c-1']) world.queue.add(key);
    expect([...world.running.keys()]).toEqual(['a-1', 'a-2', 'b-1', 'c-1']);
    await world.finish('b-1');
    world.queue.add('b-2');
    expect(world.running.has('b-2')).toBe(true);
    expect(world.queue.depth).toBe(1);
  });

  test('a key that is added while it is worked on is worked on once more afterwards', async () => {
    const world = new World(1);
    world.queue.add('a-1');
    const first = world.starts.get('a-1')!;
    world.queue.add('a-1');
    world.queue.add('a-1');
    expect(world.queue.depth).toBe(0);
    await world.finish('a-1');
    expect(world.starts.get('a-1')).toBeGreaterThan(first);
    await world.finish('a-1');
    expect(world.running.size).toBe(0);
  });

  test('of several times the earliest counts, and taking up the key forgets them', async () => {
    const world = new World(1);
    const now = world.clock.now();
    world.queue.addAt('a-1', now + 500);
    world.queue.addAt('a-1', now + 100);
    world.queue.addAt('a-1', now + 900);
    await world.clock.advance(99);
    expect(world.running.size).toBe(0);
    await world.clock.advance(1);
    expect(world.running.size).toBe(1);
    await world.finish('a-1');
    const first = world.starts.get('a-1');
    await world.clock.advance(10_000);
    expect(world.starts.get('a-1')).toBe(first);
  });

  test('a failing key waits longer every time until it is forgotten', () => {
    const world = new World(1);
    const delays = [1, 2, 3].map(() => world.queue.retry('a-1') - world.clock.now());
    expect(delays).toEqual([1_000, 2_000, 4_000]);
    expect(world.queue.failuresOf('a-1')).toBe(3);
    world.queue.forget('a-1');
    expect(world.queue.retry('a-1') - world.clock.now()).toBe(1_000);
  });

  test('after stop no key is taken up and stop waits for the work that runs', async () => {
    const world = new World(1);
    world.queue.add('a-1');
    world.queue.add('a-2');
    world.queue.addAt('a-3', world.clock.now() + 10);
    let stopped = false;
    const stopping = world.queue.stop().then(() => {
      stopped = true;
    });
    await world.clock.advance(1_000);
    expect(stopped).toBe(false);
    await world.finish('a-1');
    await stopping;
    expect([...world.starts.keys()]).toEqual(['a-1']);
    expect(world.clock.sleeping).toBe(0);
  });

  test('the delay heap gives keys back in the order of their times', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), at: fc.nat(50) })),
        (entries) => {
          const world = new Map<string, number>();
          const heap = new DelayHeap();
          for (const { key, at } of entries) {
            if (at === 0) {
              heap.delete(key);
              world.delete(key);
            } else {
              heap.set(key, at);
              world.set(key, at);
            }
          }
          const times: number[] = [];
          expect(heap.earliest()).toBe(world.size === 0 ? undefined : Math.min(...world.values()));
          for (let now = 0; now <= 50; now++) {
            for (let key = heap.takeDue(now); key !== undefined; key = heap.takeDue(now)) {
              expect(world.get(key)).toBe(now);
              times.push(now);
            }
          }
          expect(times).toEqual([...world.values()].sort((one, other) => one - other));
          expect(heap.size).toBe(0);
        },
      ),
    );
  });
});
