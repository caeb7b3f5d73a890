import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApiServer } from '../../support/api-server.ts';
import type { TestApiServer } from '../../support/api-server.ts';
import { ApiRequests } from '../../support/api-requests.ts';
import type { AnswerBody, WatchLine } from '../../support/api-requests.ts';

let server: TestApiServer;
let api: ApiRequests;

beforeAll(async () => {
  server = await startTestApiServer({ controllers: false });
  api = new ApiRequests({ url: server.url, ca: server.ca, identity: server.admin });
});

afterAll(async () => {
  api.close();
  await server.stop();
});

/** A namespace of its own for a test, and the path of its ConfigMaps. */
async function namespace(name: string): Promise<string> {
  expect(await api.post('/api/v1/namespaces', { metadata: { name } })).toMatchObject({ status: 201 });
  return `/api/v1/namespaces/${name}/configmaps`;
}

const map = (name: string, labels: Record<string, string> = {}) => ({ metadata: { name, labels } });

const named = (list: AnswerBody): string[] => list.items.map(({ metadata }) => metadata.name);

describe('a list', () => {
  test('in pages is the list of one moment, whatever is written meanwhile', async () => {
    const path = await namespace('pages');
    for (const name of ['a', 'c', 'e', 'g']) await api.post(path, map(name));
    const first = (await api.get(`${path}?limit=2`)).body;
    expect(named(first)).toEqual(['a', 'c']);
    expect(first.metadata.remainingItemCount).toBe(2);
    await api.delete(`${path}/e`);
    await api.post(path, map('f'));
    await api.patch(`${path}/g`, { data: { changed: 'yes' } });
    const second = (await api.get(`${path}?limit=2&continue=${first.metadata.continue}`)).body;
    expect(named(second)).toEqual(['e', 'g']);
    expect(second.items[1]).not.toHaveProperty('data');
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect(second.metadata).not.toHaveProperty('continue');
    const exact = `${path}?resourceVersion=${first.metadata.resourceVersion}&resourceVersionMatch=Exact`;
    expect(named((await api.get(exact)).body)).toEqual(['a', 'c', 'e', 'g']);
    expect(named((await api.get(path)).body)).toEqual(['a', 'c', 'f', 'g']);
  });

  test('with a selector fills its pages', async () => {
    const path = await namespace('selected');
    for (let index = 0; index < 9; index++) await api.post(path, map(`m${index}`, { odd: String(index % 2) }));
    const first = (await api.get(`${path}?limit=3&labelSelector=odd=1`)).body;
    expect(named(first)).toEqual(['m1', 'm3', 'm5']);
    const rest = (await api.get(`${path}?limit=3&labelSelector=odd=1&continue=${first.metadata.continue}`)).body;
    expect(named(rest)).toEqual(['m7']);
    expect(rest.metadata).not.toHaveProperty('continue');
    expect(named((await api.get(`${path}?fieldSelector=metadata.name=m4`)).body)).toEqual(['m4']);
  });

  test('of a version that is not there yet says so', async () => {
    expect(await api.get('/api/v1/configmaps?resourceVersion=999999999')).toMatchObject({
      status: 504,
      headers: { 'retry-after': '1' },
      body: { reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } },
    });
    expect(await api.get('/api/v1/configmaps?continue=nonsense')).toMatchObject({ status: 400 });
    expect(await api.get('/api/v1/configmaps?labelSelector=a%20b')).toMatchObject({ status: 400 });
  });

  test('can be of the metadata alone', async () => {
    const path = await namespace('partial');
    await api.post('/api/v1/namespaces/partial/secrets', { metadata: { name: 's' }, stringData: { a: 'secret' } });
    const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
    const answer = await api.get(path.replace('configmaps', 'secrets'), { accept });
    expect(answer.body).toMatchObject({
      kind: 'PartialObjectMetadataList',
      items: [{ kind: 'PartialObjectMetadata', metadata: { name: 's' } }],
    });
    expect(answer.body.items[0]).not.toHaveProperty('data');
  });
});

describe('a watch', () => {
  /** Reads so many events, then leaves. */
  async function take(path: string, count: number): Promise<WatchLine[]> {
    const lines: WatchLine[] = [];
    for await (const line of api.watch(path)) {
      lines.push(line);
      if (lines.length === count) break;
    }
    return lines;
  }

  const summary = (lines: readonly WatchLine[]): string[] =>
    lines.map(({ type, object }) => `${type} ${(object.metadata as Partial<AnswerBody['metadata']>).name ?? ''}`);

  test('goes on after any version it is given', async () => {
    const path = await namespace('resumed');
    const { body } = await api.post(path, map('a'));
    await api.patch(`${path}/a`, { data: { x: '1' } });
    await api.delete(`${path}/a`);
    await api.post(path, map('b'));
    const lines = await take(`${path}?watch=true&resourceVersion=${body.metadata.resourceVersion}`, 3);
    expect(summary(lines)).toEqual(['MODIFIED a', 'DELETED a', 'ADDED b']);
    const versions = lines.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([versions[0], versions[0]! + 1, versions[0]! + 2]);
    const resumed = await take(`${path}?watch=true&resourceVersion=${versions[1]!}`, 1);
    expect(resumed).toEqual(lines.slice(2));
  });

  test('without a version begins with what is there', async () => {
    const path = await namespace('state');
    await api.post(path, map('a'));
    const events = api.watch(`${path}?watch=true`);
    expect((await events.next()).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    const next = events.next();
    await api.post(path, map('b'));
    expect((await next).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'b' } } });
    await events.return();
  });

  test('can begin with what is there and say when that was all', async () => {
    const path = await namespace('initial');
    await api.post(path, map('a'));
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const lines = await take(`${path}?${query}`, 2);
    expect(summary(lines)).toEqual(['ADDED a', 'BOOKMARK ']);
    expect(lines[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    expect((await api.get(`${path}?watch=true&sendInitialEvents=true`)).status).toBe(400);
  });

  test('with a selector sees objects come and go as they begin and cease to match', async () => {
    const path = await namespace('matching');
    const { body } = await api.post(path, map('a', { on: 'no' }));
    await api.patch(`${path}/a`, { metadata: { labels: { on: 'yes' } } });
    await api.patch(`${path}/a`, { data: { x: '1' } });
    await api.patch(`${path}/a`, { metadata: { labels: { on: 'no' } } });
    await api.delete(`${path}/a`);
    const from = `watch=true&timeoutSeconds=1&resourceVersion=${body.metadata.resourceVersion}`;
    expect(summary(await take(`${path}?${from}&labelSelector=on=yes`, 9))).toEqual([
      'ADDED a',
      'MODIFIED a',
      'DELETED a',
    ]);
  });

  test('ends after its time with a bookmark to resume from', async () => {
    const path = await namespace('bookmarked');
    await api.post('/api/v1/namespaces/bookmarked/secrets', { metadata: { name: 'elsewhere' } });
    const now = (await api.get(path)).body.metadata.resourceVersion;
    const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=${now}`;
    const lines = await take(`${path}?${query}`, 9);
    expect(lines).toEqual([
      {
        type: 'BOOKMARK',
        object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: expect.any(String) } },
      },
    ]);
    expect(Number(lines[0]?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(now));
  });

  test('from a version that never was has to list again', async () => {
    expect(await take('/api/v1/configmaps?watch=true&resourceVersion=999999999', 1)).toMatchObject([
      { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
    ]);
  });

  test('by many gets the same events', async () => {
    const path = await namespace('crowd');
    const from = (await api.get(path)).body.metadata.resourceVersion;
    const watchers = Array.from({ length: 50 }, () => take(`${path}?watch=true&resourceVersion=${from}`, 20));
    for (let index = 0; index < 20; index++) await api.post(path, map(`m${index}`));
    const all = await Promise.all(watchers);
    for (const lines of all) expect(lines).toEqual(all[0]);
    expect(summary(all[0] ?? [])).toEqual(Array.from({ length: 20 }, (_, index) => `ADDED m${index}`));
  });

  test('can be of tables, a row a change', async () => {
    const path = await namespace('rows');
    const from = (await api.get(path)).body.metadata.resourceVersion;
    await api.post(path, map('a'));
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const answer = await api.get(`${path}?watch=true&timeoutSeconds=1&resourceVersion=${from}`, { accept });
    expect(JSON.parse(answer.text)).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Table', rows: [{ cells: ['a', 0, expect.any(String)] }] },
    });
  });
});
