import { describe, expect, test } from '@jest/globals';
import { ObjectCache } from '../../../lib/kube/object-cache.ts';
import type { KubeObject } from '../../../lib/kube/objects.ts';
import { compareResourceVersions } from '../../../lib/kube/resource-version.ts';

const object = (name: string, resourceVersion: string, label = 'x', uid = `uid-${name}`): KubeObject => ({
  metadata: { namespace: 'ns', name, uid, resourceVersion, labels: { label } },
});

function aCache(...objects: KubeObject[]): ObjectCache<KubeObject> {
  const cache = new ObjectCache<KubeObject>({ label: ({ metadata }) => Object.values(metadata.labels ?? {}) });
  cache.replace(objects, '10', cache.writes);
  return cache;
}

const versions = (cache: ObjectCache<KubeObject>): string[] =>
  cache.list().map(({ metadata }) => `${metadata.name!}@${metadata.resourceVersion!}`);

describe('the cache of an informer', () => {
  test('finds objects by index, also after they changed and were deleted', () => {
    const cache = aCache(object('a', '1', 'red'), object('b', '2', 'red'));
    cache.apply('MODIFIED', object('a', '11', 'blue'));
    expect(cache.byIndex('label', 'red').map(({ metadata }) => metadata.name)).toEqual(['b']);
    expect(cache.byIndex('label', 'blue').map(({ metadata }) => metadata.name)).toEqual(['a']);
    cache.apply('DELETED', object('a', '12', 'blue'));
    expect(cache.byIndex('label', 'blue')).toEqual([]);
    expect(() => cache.byIndex('colour', 'red')).toThrow('there is no index colour');
  });

  test('a list that repeats what is known tells nothing, one that lacks an object tells that it is gone', () => {
    const cache = aCache(object('a', '1'), object('b', '2'));
    expect(cache.replace([object('a', '1'), object('b', '2')], '20', cache.writes)).toEqual([]);
    const changes = cache.replace([object('a', '21')], '30', cache.writes);
    expect(changes.map(({ type, key }) => `${type} ${key}`)).toEqual(['updated ns/a', 'deleted ns/b']);
  });

  test('an own write is seen at once, told when the stream brings it, and news from before it are not believed', () => {
    const cache = aCache(object('a', '5', 'before'));
    cache.observeWrite(object('a', '13', 'mine'));
    expect(versions(cache)).toEqual(['a@13']);
    expect(cache.byIndex('label', 'mine')).toHaveLength(1);
    expect(cache.apply('MODIFIED', object('a', '12'))).toBeUndefined();
    expect(versions(cache)).toEqual(['a@13']);
    const change = cache.apply('MODIFIED', object('a', '13', 'mine'));
    expect(change).toMatchObject({ type: 'updated', previous: { metadata: { resourceVersion: '5' } } });
  });

  test('an own creation is told as added when the stream brings it', () => {
    const cache = aCache();
    cache.observeWrite(object('a', '11'));
    expect(versions(cache)).toEqual(['a@11']);
    expect(cache.apply('ADDED', object('a', '11'))).toMatchObject({ type: 'added' });
  });

  test('the answer to a write that comes after the object was deleted brings no ghost', () => {
    const cache = aCache(object('a', '5'));
    cache.apply('MODIFIED', object('a', '11'));
    cache.apply('DELETED', object('a', '12'));
    cache.observeWrite(object('a', '11'));
    expect(versions(cache)).toEqual([]);
  });

  test('an older answer does not undo what the stream has brought', () => {
    const cache = aCache(object('a', '5'));
    cache.apply('MODIFIED', object('a', '14'));
    cache.observeWrite(object('a', '13'));
    expect(versions(cache)).toEqual(['a@14']);
  });

  test('a list asked for before an own write does not undo it, one asked for afterwards is the truth', () => {
    const cache = aCache(object('a', '5'));
    const mark = cache.writes;
    cache.observeWrite(object('a', '13'));
    cache.observeWrite(object('new', '14'));
    cache.replace([object('a', '5')], '12', mark);
    expect(versions(cache)).toEqual(['a@13', 'new@14']);
    // A server that was set back has smaller versions; it is believed all the same.
    cache.replace([object('a', '3')], '4', cache.writes);
    expect(versions(cache)).toEqual(['a@3']);
  });

  test('a write whose version cannot be compared is left to the stream', () => {
    const cache = aCache(object('a', 'v-5'));
    cache.observeWrite(object('a', 'v-6'));
    expect(versions(cache)).toEqual(['a@v-5']);
  });
});

test('resource versions compare as whole numbers of any size, and not at all when they are none', () => {
  const big = '9'.repeat(30);
  expect(compareResourceVersions('9', '10')).toBeLessThan(0);
  expect(compareResourceVersions(big, `1${'0'.repeat(30)}`)).toBeLessThan(0);
  expect(compareResourceVersions(big, big)).toBe(0);
  expect(compareResourceVersions('12', '11')).toBeGreaterThan(0);
  for (const opaque of ['', '01', '-1', '1e3', 'abc', ' 1'])
    expect(compareResourceVersions(opaque, '1')).toBeUndefined();
});
