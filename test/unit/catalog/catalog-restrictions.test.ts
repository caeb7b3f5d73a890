import { describe, expect, test } from '@jest/globals';
import { offersClass, offersPlan, parseRestrictions } from '../../../lib/catalog/catalog-restrictions.ts';
import { parseSelector, selects } from '../../../lib/catalog/label-selector.ts';
import { CLUSTER_SCOPE, NAMESPACE_SCOPE } from '../../../lib/catalog/scope.ts';
import { aBroker, aClass, aPlan } from './objects.ts';

describe('a selector', () => {
  const labels = { a: 'x', n: '5' };

  test.each([
    ['', true],
    ['a=x', true],
    ['a == x', true],
    ['a=y', false],
    ['a!=x', false],
    ['b!=x', true],
    ['a in (x, y)', true],
    ['a in(y)', false],
    ['a notin (x)', false],
    ['b notin (x)', true],
    ['a', true],
    ['b', false],
    ['!b', true],
    ['! a', false],
    ['n>4', true],
    ['n < 5', false],
    ['a>1', false],
    ['a=x,n=5', true],
    ['a=x , n=6', false],
    ['b=', false],
    ['toString', false],
  ])('%j selects %j', (text, expected) => {
    const parsed = parseSelector(text);
    expect(parsed.ok && selects(parsed.requirements, labels)).toBe(expected);
  });

  test.each([
    ['a=two words', '"words"'],
    ['a=x,', 'missing after the last comma'],
    ['a ~ b', '"~" after "a" is none of'],
    ['a in x', 'expected "("'],
    ['a in (x', 'expected ")" at the end'],
    ['=x', '"=" is not a key'],
    ['!', 'a key is missing at the end'],
    ['n>many', '"many" after > is not an integer'],
    [`a=${'x'.repeat(64)}`, 'at most 63'],
  ])('%j is none, and the message says %s', (text, message) => {
    expect(parseSelector(text)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  });
});

describe('restrictions of a broker', () => {
  const restrict = (serviceClass: string[], servicePlan: string[]) =>
    parseRestrictions(CLUSTER_SCOPE, aBroker(CLUSTER_SCOPE, { catalogRestrictions: { serviceClass, servicePlan } }));

  test('must all hold', () => {
    const { restrictions } = restrict(['spec.externalName in (cloud-mysql)', 'name=class-1'], ['spec.free == true']);
    expect(offersClass(restrictions, aClass(CLUSTER_SCOPE))).toBe(true);
    expect(offersClass(restrictions, aClass(CLUSTER_SCOPE, {}, 'class-2'))).toBe(false);
    expect(offersPlan(restrictions, CLUSTER_SCOPE, aPlan(CLUSTER_SCOPE))).toBe(false);
    expect(offersPlan(restrictions, CLUSTER_SCOPE, aPlan(CLUSTER_SCOPE, { free: true }))).toBe(true);
  });

  test('on plans may name the class by the property of their scope', () => {
    for (const scope of [CLUSTER_SCOPE, NAMESPACE_SCOPE]) {
      const catalogRestrictions = { servicePlan: [`${scope.planClassProperty} in (class-1)`] };
      const { restrictions, faults } = parseRestrictions(scope, aBroker(scope, { catalogRestrictions }));
      expect(faults).toEqual([]);
      expect(offersPlan(restrictions, scope, aPlan(scope))).toBe(true);
    }
  });

  test('without any offer everything', () => {
    const { restrictions } = parseRestrictions(NAMESPACE_SCOPE, aBroker(NAMESPACE_SCOPE));
    expect(offersClass(restrictions, aClass(NAMESPACE_SCOPE))).toBe(true);
    expect(offersPlan(restrictions, NAMESPACE_SCOPE, aPlan(NAMESPACE_SCOPE))).toBe(true);
  });

  test('are checked in every part, with the place of each fault', () => {
    const { faults } = restrict(['name=a,spec.free=true'], ['spec.externalName', 'spec.serviceClass.name=a', 'x in']);
    expect(faults.map(({ field }) => field)).toEqual([
      'spec.catalogRestrictions.serviceClass[0]',
      'spec.catalogRestrictions.servicePlan[1]',
      'spec.catalogRestrictions.servicePlan[2]',
    ]);
    expect(faults[0]?.message).toContain('"spec.free" is not a property to restrict by');
  });
});
