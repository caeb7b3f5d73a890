import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SqliteStorage } from '../../../../catalog-apiserver/storage/sqlite.ts';
import {
  KeyExistsError,
  ObjectTooLargeError,
  RevisionCompactedError,
  RevisionConflictError,
} from '../../../../catalog-apiserver/storage/storage-errors.ts';
import type { Change, ChangeStream, StorageKey } from '../../../../catalog-apiserver/storage/storage.ts';
import type { KubeObject } from '../../../../lib/kube/objects.ts';

let folder: string;
let now: number;
let storage: SqliteStorage;

function open(options: { historyMs?: number; historyChanges?: number } = {}): SqliteStorage {
  const clock = { now: () => now, monotonic: () => now, sleep: () => Promise.reject(new Error('nothing sleeps here')) };
  return new SqliteStorage({
    path: join(folder, 'test.db'),
    clock,
    historyMs: 60_000,
    historyChanges: 1_000,
    ...options,
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-test-'));
  now = Date.parse('2026-01-01T00:00:00Z');
  storage = open();
});

afterEach(() => {
  storage.close();
  rmSync(folder, { recursive: true });
});

const key = (name: string, namespace = 'n', resource = '/things'): StorageKey => ({ resource, namespace, name });

const thing = (name: string, value = 0, namespace = 'n'): KubeObject =>
  ({ metadata: { name, namespace }, value }) as KubeObject;

async function names(options: Parameters<SqliteStorage['list']>[1] = {}): Promise<string[]> {
  const { items } = await storage.list({ resource: '/things' }, options);
  return items.map(({ object }) => `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`);
}

async function next(stream: ChangeStream): Promise<string[]> {
  const batch = await stream.next(0);
  return (batch?.changes ?? []).map((change) => `${change.type} ${change.key.name} ${change.revision}`);
}

describe('storage', () => {
  test('stamps an object with the revision of its last change', async () => {
    const created = await storage.create(key('a'), thing('a'));
    expect(created.object.metadata.resourceVersion).toBe(String(created.revision));
    const updated = await storage.update(key('a'), thing('a', 1), created.revision);
    expect(updated.revision).toBe(created.revision + 1);
    const stored = await storage.get(key('a'));
    expect(stored?.object).toEqual({
      metadata: { name: 'a', namespace: 'n', resourceVersion: String(updated.revision) },
      value: 1,
    });
  });

  test('refuses a second object of the same name, a stale update and a stale deletion', async () => {
    const { revision } = await storage.create(key('a'), thing('a'));
    await expect(storage.create(key('a'), thing('a'))).rejects.toThrow(KeyExistsError);
    await storage.update(key('a'), thing('a', 1), revision);
    await expect(storage.update(key('a'), thing('a', 2), revision)).rejects.toThrow(RevisionConflictError);
    await expect(storage.delete(key('a'), revision)).rejects.toThrow(RevisionConflictError);
    await expect(storage.update(key('b'), thing('b'), revision)).rejects.toThrow(RevisionConflictError);
    expect(storage.revision).toBe(revision + 1);
  });

  test('lets one of many that write at the same time win, and burns no revision on the others', async () => {
    const { revision } = await storage.create(key('a'), thing('a'));
    const writes = Array.from({ length: 20 }, (_, index) => storage.update(key('a'), thing('a', index), revision));
    const results = await Promise.allSettled(writes);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(storage.revision).toBe(revision + 1);
  });

  test('refuses an object that is too large and stores the one beside it', async () => {
    const large = { ...thing('a'), text: 'x'.repeat(1_600_000) } as KubeObject;
    const results = await Promise.allSettled([storage.create(key('a'), large), storage.create(key('b'), thing('b'))]);
    expect(results[0]).toMatchObject({ status: 'rejected', reason: expect.any(ObjectTooLargeError) });
    expect(await names()).toEqual(['n/b']);
  });

  test('keeps objects, revisions and history when it is opened again', async () => {
    const first = storage.revision;
    await storage.create(key('a'), thing('a'));
    const { revision } = await storage.create(key('b'), thing('b'));
    await storage.delete(key('a'), revision - 1);
    storage.close();
    storage = open();
    expect(storage.revision).toBe(revision + 1);
    expect(await names()).toEqual(['n/b']);
    const stream = storage.watch({ resource: '/things' }, first);
    expect(await next(stream)).toEqual([`created a ${first + 1}`, `created b ${first + 2}`, `deleted a ${first + 3}`]);
  });

  test('belongs to one process', () => {
    expect(() => open()).toThrow('is in use by another process');
  });

  test('removes an object whose time is over, and tells its watchers', async () => {
    const created = await storage.create(key('a'), thing('a'), { ttlMs: 1_000 });
    await storage.create(key('b'), thing('b'));
    const stream = storage.watch({ resource: '/things' }, storage.revision);
    now += 999;
    await storage.maintain();
    expect(await names()).toEqual(['n/a', 'n/b']);
    now += 1;
    await storage.maintain();
    expect(await names()).toEqual(['n/b']);
    expect(await next(stream)).toEqual([`deleted a ${created.revision + 2}`]);
  });
});

describe('a list', () => {
  test('is of one namespace or of all, in order', async () => {
    for (const [namespace, name] of [
      ['n2', 'a'],
      ['n1', 'c'],
      ['n1', 'b'],
    ] as const)
      await storage.create(key(name, namespace), thing(name, 0, namespace));
    await storage.create(key('other', 'n1', '/others'), thing('other', 0, 'n1'));
    expect(await names()).toEqual(['n1/b', 'n1/c', 'n2/a']);
    const { items } = await storage.list({ resource: '/things', namespace: 'n1' });
    expect(items.map(({ object }) => object.metadata.name)).toEqual(['b', 'c']);
  });

  test('comes in pages that know how much is left', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await storage.create(key(name), thing(name));
    const page = await storage.list({ resource: '/things' }, { limit: 2 });
    expect(page.items).toHaveLength(2);
    expect(page.remaining).toBe(3);
    const rest = await storage.list({ resource: '/things' }, { limit: 3, after: { namespace: 'n', name: 'b' } });
    expect(rest.remaining).toBe(0);
  });

  test('at an older revision is refused once that is forgotten', async () => {
    const old = storage.revision;
    await storage.create(key('a'), thing('a'));
    now += 120_000;
    await storage.maintain();
    await storage.create(key('b'), thing('b'));
    await expect(storage.list({ resource: '/things' }, { atRevision: old })).rejects.toThrow(RevisionCompactedError);
  });
});

describe('a watch', () => {
  test('waits for changes of its scope and sees nothing else', async () => {
    const stream = storage.watch({ resource: '/things', namespace: 'n' }, storage.revision);
    const waiting = stream.next(10_000);
    await storage.create(key('x', 'n', '/others'), thing('x'));
    await storage.create(key('y', 'm'), thing('y', 0, 'm'));
    await storage.create(key('a'), thing('a'));
    const batch = await waiting;
    expect(batch?.changes.map((change) => change.key.name)).toEqual(['a']);
    expect(batch?.revision).toBe(storage.revision);
    stream.close();
    expect(await stream.next(10_000)).toBeUndefined();
  });

  test('has both sides of a change', async () => {
    const { revision } = await storage.create(key('a'), thing('a', 1));
    await storage.update(key('a'), thing('a', 2), revision);
    await storage.delete(key('a'), revision + 1);
    const batch = await storage.watch({ resource: '/things' }, revision).next(0);
    const sides = batch?.changes.map(({ type, previous, current }) => [
      type,
      (previous?.object as { value?: number }).value,
      (current.object as { value?: number }).value,
      current.object.metadata.resourceVersion,
    ]);
    expect(sides).toEqual([
      ['updated', 1, 2, String(revision + 1)],
      ['deleted', 2, 2, String(revision + 2)],
    ]);
  });

  test('that fell behind what is kept in memory reads on from the file, in order and without a gap', async () => {
    const stream = storage.watch({ resource: '/things' }, storage.revision);
    const count = 5_000;
    for (let start = 0; start < count; start += 500) {
      const batch = Array.from({ length: 500 }, (_, index) => `t${start + index}`);
      await Promise.all(batch.map((name) => storage.create(key(name), thing(name))));
    }
    const seen: Change[] = [];
    for (
      let batch = await stream.next(0);
      batch !== undefined && batch.changes.length > 0;
      batch = await stream.next(0)
    )
      seen.push(...batch.changes);
    expect(seen.map((change) => change.key.name)).toEqual(Array.from({ length: count }, (_, index) => `t${index}`));
  });

  test('that starts, or is, before the forgotten history is told so', async () => {
    const old = storage.revision;
    const behind = storage.watch({ resource: '/things' }, old);
    for (const name of ['a', 'b', 'c']) await storage.create(key(name), thing(name));
    now += 120_000;
    await storage.maintain();
    expect(() => storage.watch({ resource: '/things' }, old)).toThrow(RevisionCompactedError);
    // What is still in memory can be read on.
    expect(await next(behind)).toHaveLength(3);
    storage.close();
    storage = open();
    expect(storage.revision).toBe(old + 3);
    expect(() => storage.watch({ resource: '/things' }, old + 2)).toThrow(RevisionCompactedError);
    expect(await next(storage.watch({ resource: '/things' }, old + 3))).toEqual([]);
  });
});

type Step =
  | { readonly type: 'create' | 'update' | 'delete'; readonly name: string; readonly value: number }
  | { readonly type: 'reopen' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      type: fc.constantFrom('create', 'create', 'update', 'delete'),
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      value: fc.integer(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'reopen' } as const) },
);

describe('any history of writes', () => {
  test('can be listed page by page as it was at each of its moments, and replayed by a watch', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 15, maxLength: 30, size: 'max' }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, limit) => {
          storage.close();
          rmSync(folder, { recursive: true });
          folder = mkdtempSync(join(tmpdir(), 'sqlite-test-'));
          storage = open();
          const model = new Map<string, number>();
          const moments = new Map([[storage.revision, new Map(model)]]);
          const start = storage.revision;
          for (const one of steps) {
            await perform(one, model);
            moments.set(storage.revision, new Map(model));
          }
          for (const [revision, state] of moments) expect(await pages(revision, limit)).toEqual(sorted(state));
          expect(await replay(start)).toEqual(sorted(model));
          expect(moments.size).toBe(storage.revision - start + 1);
        },
      ),
      { numRuns: 25 },
    );
  });

  async function perform(one: Step, model: Map<string, number>): Promise<void> {
    if (one.type === 'reopen') {
      storage.close();
      storage = open();
      return;
    }
    const stored = await storage.get(key(one.name));
    expect(stored !== undefined).toBe(model.has(one.name));
    if (one.type === 'create' && stored === undefined) {
      await storage.create(key(one.name), thing(one.name, one.value));
      model.set(one.name, one.value);
    } else if (one.type === 'update' && stored !== undefined) {
      await storage.update(key(one.name), thing(one.name, one.value), stored.revision);
      model.set(one.name, one.value);
    } else if (one.type === 'delete' && stored !== undefined) {
      await storage.delete(key(one.name), stored.revision);
      model.delete(one.name);
    }
  }

  async function pages(revision: number, limit: number): Promise<[string, number][]> {
    const found: [string, number][] = [];
    let after: { namespace: string; name: string } | undefined;
    for (;;) {
      const options = { limit, atRevision: revision, ...(after === undefined ? {} : { after }) };
      const page = await storage.list({ resource: '/things' }, options);
      for (const { object } of page.items) found.push([object.metadata.name!, (object as { value?: number }).value!]);
      const last = page.items.at(-1);
      if (page.remaining === 0 || last === undefined) return found;
      after = { namespace: 'n', name: last.object.metadata.name! };
    }
  }

  async function replay(start: number): Promise<[string, number][]> {
    const state = new Map<string, number>();
    const stream = storage.watch({ resource: '/things' }, start);
    const batch = await stream.next(0);
    for (const change of batch?.changes ?? []) {
      if (change.type === 'deleted') state.delete(change.key.name);
      else state.set(change.key.name, (change.current.object as { value?: number }).value!);
    }
    return sorted(state);
  }

  const sorted = (state: Map<string, number>): [string, number][] => [...state].sort(([a], [b]) => (a < b ? -1 : 1));
});
