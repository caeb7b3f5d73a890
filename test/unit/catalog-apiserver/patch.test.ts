import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonPatch, mergePatch, PatchError } from '../../../catalog-apiserver/patch.ts';

/** The cases of RFC 7386, appendix A. */
const MERGES: [target: unknown, patch: unknown, result: unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

describe('a merge patch', () => {
  test.each(MERGES)('of %j by %j is %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  test('leaves the target as it was, and made twice changes nothing more', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const before = JSON.stringify(target);
        const once = mergePatch(target, patch);
        expect(mergePatch(once, patch)).toEqual(once);
        expect(JSON.stringify(target)).toBe(before);
      }),
    );
  });

  test('treats __proto__ as a name like any other', () => {
    const merged = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}')) as object;
    expect(Object.keys(merged)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('a JSON patch', () => {
  const document = { metadata: { labels: { a: '1' }, finalizers: ['x', 'y'] } };

  test('adds, removes, replaces, moves, copies and tests', () => {
    const patched = jsonPatch(document, [
      { op: 'test', path: '/metadata/labels/a', value: '1' },
      { op: 'add', path: '/metadata/labels/b~1c', value: '2' },
      { op: 'replace', path: '/metadata/labels/a', value: '3' },
      { op: 'remove', path: '/metadata/finalizers/0' },
      { op: 'add', path: '/metadata/finalizers/-', value: 'z' },
      { op: 'copy', from: '/metadata/labels/a', path: '/metadata/labels/d' },
      { op: 'move', from: '/metadata/labels/d', path: '/metadata/labels/e' },
    ]);
    expect(patched).toEqual({ metadata: { labels: { a: '3', 'b/c': '2', e: '3' }, finalizers: ['y', 'z'] } });
    expect(document.metadata.finalizers).toEqual(['x', 'y']);
  });

  test('that fails half-way changes nothing and names the operation', () => {
    const operations = [
      { op: 'add', path: '/metadata/labels/b', value: '2' },
      { op: 'test', path: '/metadata/labels/a', value: 'other' },
    ];
    expect(() => jsonPatch(document, operations)).toThrow('operation 1 (test /metadata/labels/a): the test failed');
    expect(document.metadata.labels).toEqual({ a: '1' });
  });

  test.each([
    ['no list', {}, 'a list of operations'],
    ['an unknown operation', [{ op: 'delete', path: '/a' }], 'op must be one of'],
    ['a path that is no pointer', [{ op: 'remove', path: 'a' }], 'JSON pointer'],
    ['the whole document', [{ op: 'replace', path: '', value: {} }], 'JSON pointer'],
    ['a move from nowhere', [{ op: 'move', path: '/a' }], 'from must be'],
    ['too many operations', Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 })), 'at most'],
  ])('is malformed: %s', (_reason, patch, message) => {
    let thrown: unknown;
    try {
      jsonPatch(document, patch);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(PatchError);
    expect((thrown as PatchError).fault).toBe('malformed');
    expect((thrown as PatchError).message).toContain(message);
  });

  test.each(['/__proto__/polluted', '/constructor/prototype/polluted', '/a/__proto__/polluted'])(
    'cannot reach the prototype of objects by %s',
    (path) => {
      expect(() => jsonPatch({ a: {} }, [{ op: 'add', path, value: true }])).toThrow('does not lead into the object');
      expect(() => jsonPatch({ a: {} }, [{ op: 'copy', from: '/a', path }])).toThrow('does not lead into the object');
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    },
  );

  test('may set a label named like an inherited member', () => {
    const operations = [{ op: 'add', path: '/metadata/labels/constructor', value: 'me' }];
    expect(jsonPatch(document, operations)).toHaveProperty('metadata.labels.constructor', 'me');
  });
});
