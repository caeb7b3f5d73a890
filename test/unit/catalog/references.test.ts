import { describe, expect, test } from '@jest/globals';
import {
  namedClass,
  namedPlan,
  resolveClass,
  resolvePlan,
  userSpecifiedNames,
} from '../../../lib/catalog/references.ts';
import { SCOPES } from '../../../lib/catalog/scope.ts';
import { aClass, anInstance, aPlan, metadata, NAMESPACE } from './objects.ts';

describe.each(SCOPES)('in the scope of the $name', (scope) => {
  const byName = (value: string) => ({ scope, by: 'externalName', value }) as const;
  const removed = { status: { removedFromBrokerCatalog: true } };

  test.each(['externalName', 'externalID', 'name'] as const)('an instance names class and plan by %s', (by) => {
    const spec = { [scope.classFields[by]]: 'c', [scope.planFields[by]]: 'p' };
    expect(namedClass(spec)).toEqual({ scope, by, value: 'c' });
    expect(namedPlan(spec)).toEqual({ scope, by, value: 'p' });
    expect(userSpecifiedNames(spec)).toEqual({ className: `${scope.classes.kind}/c`, planName: 'p' });
  });

  test.each([
    ['externalName', 'cloud-mysql'],
    ['externalID', 'class-1-id'],
    ['name', 'class-1'],
  ] as const)('a class is found by its %s', (by, value) => {
    const candidates = [aClass(scope, { externalName: 'x', externalID: 'y' }, 'z'), aClass(scope)];
    expect(resolveClass({ scope, by, value }, candidates, NAMESPACE)).toEqual({ kind: 'found', object: candidates[1] });
    expect(resolveClass({ scope, by, value: 'nothing' }, candidates, NAMESPACE)).toEqual({ kind: 'none' });
  });

  test('two classes of one name are several, unless the broker has removed one', () => {
    const [one, other] = [aClass(scope, {}, 'b'), aClass(scope, {}, 'a')];
    expect(resolveClass(byName('cloud-mysql'), [one, other], NAMESPACE)).toEqual({
      kind: 'several',
      names: ['a', 'b'],
    });
    const old = { ...other, ...removed };
    expect(resolveClass(byName('cloud-mysql'), [one, old], NAMESPACE)).toEqual({ kind: 'found', object: one });
    expect(resolveClass(byName('cloud-mysql'), [old], NAMESPACE)).toEqual({ kind: 'found', object: old });
  });

  test('a plan is looked for in its class only', () => {
    const plans = [aPlan(scope, { [scope.classRefField]: { name: 'class-2' } }, 'plan-2'), aPlan(scope)];
    expect(resolvePlan(byName('standard'), scope, aClass(scope), plans, NAMESPACE)).toEqual({
      kind: 'found',
      object: plans[1],
    });
    expect(resolvePlan(byName('large'), scope, aClass(scope), plans, NAMESPACE)).toEqual({ kind: 'none' });
  });

  test('without a plan the only one that is still offered is meant', () => {
    const small = aPlan(scope, { externalName: 'small' }, 'plan-2');
    const serviceClass = aClass(scope);
    expect(resolvePlan(undefined, scope, serviceClass, [small], NAMESPACE)).toEqual({ kind: 'found', object: small });
    expect(resolvePlan(undefined, scope, serviceClass, [small, aPlan(scope)], NAMESPACE).kind).toBe('several');
    expect(resolvePlan(undefined, scope, serviceClass, [small, { ...aPlan(scope), ...removed }], NAMESPACE).kind).toBe(
      'found',
    );
    expect(resolvePlan(undefined, scope, serviceClass, [{ ...small, ...removed }], NAMESPACE).kind).toBe('none');
  });
});

test('classes of another namespace are not seen, even of the same broker', () => {
  const [, scope] = SCOPES;
  const mine = aClass(scope!);
  const theirs = { ...mine, metadata: metadata('class-1', { namespace: 'other' }) };
  expect(resolveClass({ scope: scope!, by: 'externalName', value: 'cloud-mysql' }, [theirs, mine], NAMESPACE)).toEqual({
    kind: 'found',
    object: mine,
  });
});

test('an instance that names nothing shows nothing', () => {
  const { spec } = anInstance({ clusterServiceClassExternalName: '', clusterServicePlanExternalName: undefined });
  expect(namedClass(spec)).toBeUndefined();
  expect(userSpecifiedNames(spec)).toEqual({ className: '', planName: '' });
});
