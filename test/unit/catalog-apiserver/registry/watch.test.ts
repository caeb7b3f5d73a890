import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { administratorsOnly } from '../../../../catalog-apiserver/authorizer.ts';
import { CONFIG_MAP_KIND } from '../../../../catalog-apiserver/kinds/config-map.ts';
import { KindTable } from '../../../../catalog-apiserver/kinds/kind-table.ts';
import type { RegistryContext } from '../../../../catalog-apiserver/registry/context.ts';
import { listObjects } from '../../../../catalog-apiserver/registry/list.ts';
import { watchObjects } from '../../../../catalog-apiserver/registry/watch.ts';
import type { WatchEvent, WatchRequest } from '../../../../catalog-apiserver/registry/watch.ts';
import { SqliteStorage } from '../../../../catalog-apiserver/storage/sqlite.ts';

let folder: string;
let now: number;
let storage: SqliteStorage;
let context: RegistryContext;

function open(): void {
  const clock = { now: () => now, monotonic: () => now, sleep: () => Promise.reject(new Error('nothing sleeps here')) };
  storage = new SqliteStorage({ path: join(folder, 'test.db'), clock, historyMs: 60_000, historyChanges: 1_000 });
  const admission = () => Promise.reject(new Error('nothing is written here'));
  context = { storage, kinds: new KindTable([]), admission, authorizer: administratorsOnly, clock };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watch-test-'));
  now = 0;
  open();
});

afterEach(() => {
  storage.close();
  rmSync(folder, { recursive: true });
});

const target = { kind: CONFIG_MAP_KIND };

async function write(...names: string[]): Promise<void> {
  for (const name of names)
    await storage.create({ resource: '/configmaps', namespace: 'n', name }, { metadata: { name, namespace: 'n' } });
}

async function watch(request: Partial<WatchRequest>): Promise<WatchEvent[]> {
  const { signal } = new AbortController();
  const events: WatchEvent[] = [];
  const defaults = { matches: undefined, bookmarks: false, timeoutMs: 0, signal };
  for await (const batch of watchObjects(context, target, { ...defaults, ...request })) events.push(...batch);
  return events;
}

/** Forgets all that has happened, as a quarter of an hour does. */
async function forget(): Promise<void> {
  now += 120_000;
  await storage.maintain();
  storage.close();
  open();
}

describe('after its history was forgotten', () => {
  test('a watch from before is told to list again, and one from now on is not', async () => {
    const before = storage.revision;
    await write('a', 'b');
    await forget();
    expect(await watch({ resourceVersion: before })).toEqual([
      {
        type: 'ERROR',
        error: expect.objectContaining({ code: 410, reason: 'Expired', message: 'too old resource version: 1 (3)' }),
      },
    ]);
    await write('c');
    expect(await watch({ resourceVersion: before + 2 })).toMatchObject([
      { type: 'ADDED', stored: { revision: before + 3 } },
    ]);
  });

  test('the next page of a list is refused with a 410', async () => {
    await write('a', 'b', 'c');
    const page = await listObjects(context, target, { matches: undefined, limit: 1, exact: false });
    await write('d');
    await forget();
    const next = listObjects(context, target, {
      matches: undefined,
      limit: 1,
      exact: false,
      continueToken: page.continueToken!,
    });
    await expect(next).rejects.toMatchObject({ code: 410, reason: 'Expired' });
  });
});

test('a watch of what is there and what comes begins at one moment', async () => {
  await write('a');
  const batches = watchObjects(context, target, {
    ...{ matches: undefined, bookmarks: true, timeoutMs: 0, signal: new AbortController().signal },
    sendInitialEvents: true,
  });
  const first = batches.next();
  await write('b');
  const events = [...((await first).value ?? [])];
  for await (const batch of batches) events.push(...batch);
  const names = events.map((event) => ('stored' in event ? event.stored.object.metadata.name : event.type));
  expect(names).toEqual(['a', 'BOOKMARK', 'b', 'BOOKMARK']);
});

test('a watch ends when it is told to', async () => {
  const stop = new AbortController();
  const ended = watch({ timeoutMs: 60_000, signal: stop.signal });
  setImmediate(() => {
    stop.abort();
  });
  expect(await ended).toEqual([]);
});
