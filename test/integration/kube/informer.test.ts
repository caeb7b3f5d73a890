import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createKubeClient } from '../../../lib/kube/api-client.ts';
import type { KubeClient } from '../../../lib/kube/client.ts';
import { CONFIG_MAPS } from '../../../lib/kube/core-resources.ts';
import type { ConfigMap } from '../../../lib/kube/core-resources.ts';
import { Informer } from '../../../lib/kube/informer.ts';
import { silentLogger } from '../../../lib/runtime/log.ts';
import { eventually } from '../../support/wait.ts';
import { answers, dropsConnection, expiredEvent, fails, fallsSilent, hangs, UnrulyApi } from './unruly-api.ts';

jest.setTimeout(60_000);

let api: UnrulyApi;
let client: KubeClient;
let informer: Informer<ConfigMap>;
let story: string[];

beforeEach(async () => {
  api = await UnrulyApi.start();
  client = createKubeClient({ apiServerUrl: api.url, userAgent: 'test', requestTimeoutMs: 400 });
  informer = new Informer<ConfigMap>({
    client,
    resource: CONFIG_MAPS,
    log: silentLogger(),
    indexes: { colour: ({ metadata }) => Object.values(metadata.labels ?? {}) },
    timings: { backoff: { initialMs: 5, maximumMs: 40 }, goodAfterMs: 10_000, watchSeconds: 30, idleTimeoutMs: 400 },
  });
  story = [];
  informer.onChange(({ type, key }) => story.push(`${type} ${key}`));
});

afterEach(async () => {
  await informer.stop();
  client.close();
  await api.stop();
});

const versions = (): string[] =>
  informer
    .list()
    .map(({ metadata }) => `${metadata.name!}@${metadata.resourceVersion!}`)
    .sort();

const soon = (what: string, look: () => boolean): Promise<boolean> =>
  eventually(what, look, { timeoutMs: 10_000, everyMs: 5, describe: () => [versions(), story, api.requests] });

const seen = (name: string): Promise<boolean> =>
  soon(`${name} is seen`, () => informer.get(`ns/${name}`) !== undefined);

describe('an informer', () => {
  test('lists, follows and tells every change', async () => {
    api.put('a', { colour: 'red' });
    informer.start();
    await informer.waitForSync();
    expect(informer.byIndex('colour', 'red')).toHaveLength(1);
    api.put('a', { colour: 'blue' });
    api.put('b');
    api.remove('a');
    await soon('a is gone', () => story.length === 4);
    expect(story).toEqual(['added ns/a', 'updated ns/a', 'added ns/b', 'deleted ns/a']);
    expect(informer.list()).toHaveLength(1);
    expect(informer.byIndex('colour', 'blue')).toEqual([]);
    expect([api.lists, api.watches]).toEqual([1, 1]);
  });

  test('a handler that comes late is told what is known, and objects cannot be changed by a reader', async () => {
    api.put('a');
    informer.start();
    await informer.waitForSync();
    const late: string[] = [];
    informer.onChange(({ type, key }) => late.push(`${type} ${key}`));
    expect(late).toEqual(['added ns/a']);
    const object = informer.get({ namespace: 'ns', name: 'a' })!;
    expect(() => {
      object.metadata.labels!['x'] = 'y';
    }).toThrow(TypeError);
    expect(object.metadata).not.toHaveProperty('managedFields');
  });

  test.each([
    ['refuses', fails(500)],
    ['forbids', fails(403, 'Forbidden')],
    ['answers HTML', answers('<html>hello</html>')],
    ['answers something that is no list', answers('{"kind":"Pod"}')],
    ['drops the connection', dropsConnection],
    ['redirects', answers('', { location: 'http://127.0.0.1:1/' }, 302)],
    ['does not answer', hangs],
  ])('syncs after a server that %s', async (_how, behaviour) => {
    api.put('a');
    api.next.list.push(behaviour, behaviour);
    informer.start();
    await informer.waitForSync();
    expect(versions()).toEqual(['a@101']);
  });

  test.each([
    ['refuses the watch', fails(500)],
    ['is overloaded', fails(503, 'ServiceUnavailable')],
    ['sends garbage', answers('{"type":"ADDED","object":\nnonsense\n')],
    ['sends events without a version', answers('{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n')],
    ['drops the connection', dropsConnection],
    ['ends the stream at once', answers('')],
    ['falls silent', fallsSilent],
    ['never begins to answer', hangs],
    ['says that the version is too old', fails(410, 'Expired')],
    ['says so in the stream', expiredEvent],
    ['does not know the version yet', fails(504, 'Timeout')],
  ])('misses nothing when the server %s', async (_how, behaviour) => {
    api.put('a');
    api.next.watch.push(behaviour, behaviour);
    informer.start();
    await informer.waitForSync();
    api.put('b');
    api.remove('a');
    await seen('b');
    await soon('a is gone', () => informer.get('ns/a') === undefined);
    expect(versions()).toEqual(['b@102']);
    expect(story).toEqual(['added ns/a', 'added ns/b', 'deleted ns/a']);
  });

  test('goes on from the last version after the connection broke, without a new list', async () => {
    informer.start();
    await informer.waitForSync();
    api.put('a');
    await seen('a');
    api.breakConnections();
    api.put('b');
    await seen('b');
    api.endWatches();
    api.put('c');
    await seen('c');
    expect(api.lists).toBe(1);
    expect(story).toEqual(['added ns/a', 'added ns/b', 'added ns/c']);
  });

  test('a bookmark moves the version on, so that a compacted server needs no new list', async () => {
    informer.start();
    await informer.waitForSync();
    await soon('it watches', () => api.watches === 1);
    api.compact();
    api.bookmark();
    await soon('the bookmark is behind us', () => {
      api.endWatches();
      return api.requests.at(-1)?.includes('resourceVersion=101') === true;
    });
    expect(api.lists).toBe(1);
  });

  test('lists again when the server has forgotten the version, and tells what is gone', async () => {
    api.put('a');
    informer.start();
    await informer.waitForSync();
    api.next.watch.push(hangs);
    api.breakConnections();
    api.remove('a');
    api.put('b');
    api.compact();
    await seen('b');
    expect(versions()).toEqual(['b@103']);
    expect(story).toContain('deleted ns/a');
    expect(api.lists).toBe(2);
  });

  test('does not storm a server that ends every watch at once', async () => {
    api.next.watch.push(...Array.from({ length: 1_000 }, () => answers('')));
    informer.start();
    await informer.waitForSync();
    await soon('it has tried a few times', () => api.watches >= 8);
    // Delays of 5, 10, 20, 40, 40 ms …, each at least half of it.
    const before = api.watches;
    const started = Date.now();
    await soon('it tries on', () => api.watches >= before + 5);
    expect(Date.now() - started).toBeGreaterThanOrEqual(4 * 20 - 10);
    expect(api.lists).toBe(1);
  });

  test('shows an own write at once and tells it when the stream brings it', async () => {
    api.put('a');
    informer.start();
    await informer.waitForSync();
    await soon('it watches', () => api.watches === 1);
    api.next.watch.push(fallsSilent);
    api.breakConnections();
    await soon('it watches in vain', () => api.watches === 2);
    informer.observeWrite(api.put('a', { colour: 'mine' }));
    expect(informer.byIndex('colour', 'mine')).toHaveLength(1);
    expect(story).toEqual(['added ns/a']);
    await soon('it is told', () => story.length === 2);
    expect(story).toEqual(['added ns/a', 'updated ns/a']);
  });

  test('stop closes the connection of the watch and whoever waits for the sync is told', async () => {
    api.next.list.push(hangs);
    informer.start();
    const waiting = informer.waitForSync();
    await soon('it lists', () => api.lists === 1);
    await Promise.all([informer.stop(), expect(waiting).rejects.toThrow('the informer of configmaps was stopped')]);
    await soon('no connection is left', () => api.connections === 0);
    const requests = api.requests.length;
    informer.start();
    expect(api.requests).toHaveLength(requests);
  });

  test('a handler that throws stops neither the informer nor the other handlers', async () => {
    const other: string[] = [];
    informer.onChange(() => {
      throw new Error('a fault in a handler');
    });
    informer.onChange(({ key }) => other.push(key));
    informer.start();
    await informer.waitForSync();
    api.put('a');
    api.put('b');
    await seen('b');
    expect(other).toEqual(['ns/a', 'ns/b']);
  });
});
