import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ChangeFeed } from '../../../../catalog-apiserver/storage/change-feed.ts';
import type { Change, ChangeStream } from '../../../../catalog-apiserver/storage/storage.ts';
import { RevisionCompactedError } from '../../../../catalog-apiserver/storage/storage-errors.ts';
import { StoredObject } from '../../../../catalog-apiserver/storage/stored-object.ts';

const LIMITS = { recentChanges: 3, recentCharacters: 10_000, batch: 2 };

function change(revision: number, resource = '/a', namespace = 'n'): Change {
  const current = new StoredObject(revision, `{"metadata":{"name":"x${revision}"}}`);
  return {
    revision,
    type: 'created',
    key: { resource, namespace, name: `x${revision}` },
    current,
    previous: undefined,
  };
}

/** A feed whose history is a list, from revision 1 on. */
function feedOf(limits = LIMITS) {
  const all: Change[] = [];
  let oldest = 1;
  const history = {
    oldest: () => oldest,
    read: (scope: { resource: string; namespace?: string }, after: number, limit: number) =>
      all
        .filter(({ key }) => key.resource === scope.resource && (scope.namespace ?? key.namespace) === key.namespace)
        .filter(({ revision }) => revision > after)
        .slice(0, limit),
  };
  const feed = new ChangeFeed(history, 1, limits);
  return {
    feed,
    publish: (...changes: Change[]) => {
      all.push(...changes);
      feed.publish(changes);
    },
    forget: (upTo: number) => {
      oldest = upTo;
    },
  };
}

async function drain(stream: ChangeStream): Promise<number[]> {
  const seen: number[] = [];
  for (;;) {
    const batch = await stream.next(0);
    if (batch === undefined || batch.changes.length === 0) return seen;
    expect(batch.changes.length).toBeLessThanOrEqual(LIMITS.batch);
    seen.push(...batch.changes.map(({ revision }) => revision));
  }
}

describe('the feed', () => {
  test('tells each watcher every change of its scope once and in order, wherever it begins and whenever it reads', async () => {
    const step = fc.oneof(
      fc.record({
        type: fc.constant('publish' as const),
        resource: fc.constantFrom('/a', '/b'),
        namespace: fc.constantFrom('n', 'm'),
      }),
      fc.record({ type: fc.constant('watch' as const), back: fc.nat(12) }),
      fc.record({ type: fc.constant('read' as const), which: fc.nat(5) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const { feed, publish } = feedOf();
        const published: Change[] = [];
        const watchers: { stream: ChangeStream; from: number; seen: number[] }[] = [];
        for (const one of steps) {
          const revision = published.length + 1;
          if (one.type === 'publish') {
            published.push(change(revision + 1, one.resource, one.namespace));
            publish(published.at(-1)!);
          } else if (one.type === 'watch') {
            const from = Math.max(1, revision - one.back);
            watchers.push({ stream: feed.watch({ resource: '/a', namespace: 'n' }, from), from, seen: [] });
          } else if (watchers.length > 0) {
            const watcher = watchers[one.which % watchers.length]!;
            const batch = await watcher.stream.next(0);
            watcher.seen.push(...batch!.changes.map((seen) => seen.revision));
          }
        }
        for (const { stream, from, seen } of watchers) {
          const expected = published
            .filter(({ key, revision }) => key.resource === '/a' && key.namespace === 'n' && revision > from)
            .map(({ revision }) => revision);
          expect([...seen, ...(await drain(stream))]).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('keeps few changes in memory when they are large', async () => {
    const { feed, publish } = feedOf({ ...LIMITS, recentCharacters: 100 });
    for (let revision = 2; revision < 30; revision++) publish(change(revision));
    expect(await drain(feed.watch({ resource: '/a' }, 1))).toHaveLength(28);
  });

  test('says up to where it was read, also past changes of others', async () => {
    const { feed, publish } = feedOf();
    const stream = feed.watch({ resource: '/a' }, 1);
    publish(change(2, '/b'), change(3, '/b'));
    expect(await stream.next(0)).toEqual({ changes: [], revision: 3 });
  });

  test('refuses a position from before what is known, at the start and on the way', async () => {
    const { feed, publish, forget } = feedOf();
    const behind = feed.watch({ resource: '/a' }, 1);
    for (let revision = 2; revision < 20; revision++) publish(change(revision));
    forget(10);
    expect(() => feed.watch({ resource: '/a' }, 9)).toThrow(RevisionCompactedError);
    await expect(behind.next(0)).rejects.toThrow(RevisionCompactedError);
    expect(await drain(feed.watch({ resource: '/a' }, 10))).toHaveLength(9);
  });

  test('wakes who waits, for a change or for the end', async () => {
    const { feed, publish } = feedOf();
    const [first, second] = [feed.watch({ resource: '/a' }, 1), feed.watch({ resource: '/b' }, 1)];
    const waiting = [first.next(60_000), second.next(60_000)];
    publish(change(2));
    expect((await waiting[0])?.changes).toHaveLength(1);
    feed.close();
    expect(await waiting[1]).toBeUndefined();
    expect(await first.next(60_000)).toBeUndefined();
  });
});
