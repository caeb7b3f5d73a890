import { describe, expect, test } from '@jest/globals';
import { EVENT_KIND } from '../../../catalog-apiserver/kinds/event.ts';
import { SECRET_KIND } from '../../../catalog-apiserver/kinds/secret.ts';
import { fieldMatcher, labelMatcher, SelectorError } from '../../../catalog-apiserver/selectors.ts';
import type { KubeObject } from '../../../lib/kube/objects.ts';

function labelled(labels: Record<string, string>): KubeObject {
  return { metadata: { name: 'x', labels } };
}

describe('a label selector', () => {
  test.each([
    ['a=1', { a: '1' }, true],
    ['a==1', { a: '2' }, false],
    ['a!=1', { a: '2' }, true],
    ['a!=1', {}, true],
    ['a in (1, 2)', { a: '2' }, true],
    ['a in (1,2),b', { a: '2' }, false],
    ['a notin (1,2)', {}, true],
    ['a notin (1,2)', { a: '1' }, false],
    ['a', { a: '' }, true],
    ['!a', {}, true],
    ['! a', { a: '1' }, false],
    ['a=', { a: '' }, true],
    ['example.com/a=x_Y.z', { 'example.com/a': 'x_Y.z' }, true],
    ['a>1', { a: '2' }, true],
    ['a<10', { a: '9' }, true],
    ['a<10', { a: 'nine' }, false],
    ['toString', {}, false],
    ['a=1,b!=2,c in (3)', { a: '1', c: '3' }, true],
  ])('%s on %j: %s', (selector, labels, expected) => {
    expect(labelMatcher(selector)?.(labelled(labels))).toBe(expected);
  });

  test('that is empty selects everything', () => {
    expect(labelMatcher('')).toBeUndefined();
    expect(labelMatcher(' ')).toBeUndefined();
  });

  test.each(['a=b=c', 'a in 1', 'a in (1', '=b', 'a=b,', '-a=1', 'a=b c', 'a>x', '!', 'a in (-x)'])(
    'refuses %s',
    (selector) => {
      expect(() => labelMatcher(selector)).toThrow(SelectorError);
    },
  );
});

describe('a field selector', () => {
  const secret = { metadata: { name: 's', namespace: 'n' }, type: 'Opaque' } as KubeObject;

  test.each([
    ['metadata.name=s', true],
    ['metadata.name=s,metadata.namespace!=n', false],
    ['type=Opaque', true],
    ['type!=Opaque', false],
    ['metadata.name==s', true],
  ])('%s: %s', (selector, expected) => {
    expect(fieldMatcher(selector, SECRET_KIND)?.(secret)).toBe(expected);
  });

  test('finds the events of an object as kubectl describe asks for them', () => {
    const event = {
      metadata: { name: 'e', namespace: 'n' },
      involvedObject: { kind: 'ServiceInstance', name: 'db', namespace: 'n', uid: '1' },
    } as KubeObject;
    const selector =
      'involvedObject.name=db,involvedObject.namespace=n,involvedObject.kind=ServiceInstance,involvedObject.uid=1';
    expect(fieldMatcher(selector, EVENT_KIND)?.(event)).toBe(true);
    expect(fieldMatcher(selector.replace('db', 'other'), EVENT_KIND)?.(event)).toBe(false);
  });

  test('reads escaped characters', () => {
    const odd = { metadata: { name: 's' }, type: 'a,b=c' } as KubeObject;
    expect(fieldMatcher('type=a\\,b\\=c', SECRET_KIND)?.(odd)).toBe(true);
  });

  test('refuses a field that cannot be selected by, and names it', () => {
    expect(() => fieldMatcher('spec.nodeName=x', SECRET_KIND)).toThrow('field label not supported: spec.nodeName');
    expect(() => fieldMatcher('metadata.name', SECRET_KIND)).toThrow('invalid selector');
  });
});
