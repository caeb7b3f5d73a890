import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergePatch } from '../../../catalog-apiserver/patch.ts';
import { strategicMergePatch } from '../../../catalog-apiserver/strategic-merge.ts';

const KEYS = { 'metadata.finalizers': null, 'metadata.ownerReferences': 'uid', 'status.conditions': 'type' };

const patched = (target: object, patch: object): unknown => strategicMergePatch(target, patch, KEYS);

describe('a strategic merge patch', () => {
  test('is a merge patch where no list is merged by key', () => {
    const plain = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(
        fc.string(),
        fc.constant(null),
        fc.array(fc.integer()),
        fc.dictionary(fc.constantFrom('x', 'y'), fc.integer()),
      ),
    );
    fc.assert(
      fc.property(plain, plain, (target, patch) => {
        expect(strategicMergePatch(target, patch, {})).toEqual(mergePatch(target, patch));
      }),
    );
  });

  test('unites a list of plain values and removes those it is told to', () => {
    const target = { metadata: { finalizers: ['a', 'b'] } };
    expect(patched(target, { metadata: { finalizers: ['b', 'c'] } })).toEqual({
      metadata: { finalizers: ['a', 'b', 'c'] },
    });
    expect(patched(target, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } })).toEqual({
      metadata: { finalizers: ['b'] },
    });
  });

  test('merges the items of a list by their key, deletes and replaces them', () => {
    const target = {
      status: {
        conditions: [
          { type: 'A', status: 'True', reason: 'r' },
          { type: 'B', status: 'True' },
        ],
      },
    };
    expect(
      patched(target, {
        status: {
          conditions: [
            { type: 'A', status: 'False' },
            { type: 'C', status: 'True' },
          ],
        },
      }),
    ).toEqual({
      status: {
        conditions: [
          { type: 'A', status: 'False', reason: 'r' },
          { type: 'B', status: 'True' },
          { type: 'C', status: 'True' },
        ],
      },
    });
    expect(patched(target, { status: { conditions: [{ type: 'A', $patch: 'delete' }] } })).toEqual({
      status: { conditions: [{ type: 'B', status: 'True' }] },
    });
    expect(patched(target, { status: { conditions: [{ $patch: 'replace' }, { type: 'X', status: 'True' }] } })).toEqual(
      {
        status: { conditions: [{ type: 'X', status: 'True' }] },
      },
    );
  });

  test('puts items into the order it names', () => {
    const target = { metadata: { finalizers: ['a', 'b', 'c'] } };
    expect(patched(target, { metadata: { '$setElementOrder/finalizers': ['c', 'a'] } })).toEqual({
      metadata: { finalizers: ['c', 'a', 'b'] },
    });
  });

  test('replaces, deletes and retains parts of objects', () => {
    const target = { metadata: { labels: { a: '1', b: '2' } } };
    expect(patched(target, { metadata: { labels: { $patch: 'replace', c: '3' } } })).toEqual({
      metadata: { labels: { c: '3' } },
    });
    expect(patched(target, { metadata: { labels: { $patch: 'delete' } } })).toEqual({ metadata: {} });
    expect(patched(target, { metadata: { labels: { $retainKeys: ['a'], a: '9' } } })).toEqual({
      metadata: { labels: { a: '9' } },
    });
  });

  test.each([
    [{ metadata: { $patch: 'explode' } }, '$patch must be'],
    [{ metadata: { $retainKeys: 'a' } }, '$retainKeys must be a list'],
    [{ status: { conditions: [{ status: 'True' }] } }, 'lacks its merge key type'],
    [{ status: { conditions: ['A'] } }, 'every item must be an object'],
  ])('refuses %j', (patch, message) => {
    expect(() => patched({}, patch)).toThrow(message);
  });
});
