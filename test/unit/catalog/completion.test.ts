import { describe, expect, test } from '@jest/globals';
import { completeBinding, completeBroker, completeInstance, withFinalizer } from '../../../lib/catalog/completion.ts';
import { CLUSTER_SCOPE } from '../../../lib/catalog/scope.ts';
import { aBinding, aBroker, anInstance, FINALIZER, metadata } from './objects.ts';

describe('our finalizer', () => {
  test('goes behind those of others', () => {
    const object = { metadata: { name: 'a', finalizers: ['theirs'] } };
    expect(withFinalizer(object).metadata.finalizers).toEqual(['theirs', FINALIZER]);
  });

  test('is not put twice, nor on what is being deleted', () => {
    const has = { metadata: { name: 'a', finalizers: [FINALIZER] } };
    const going = { metadata: { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(withFinalizer(has)).toBe(has);
    expect(withFinalizer(going)).toBe(going);
  });
});

test('a broker gets its way to be read again', () => {
  const complete = completeBroker(aBroker(CLUSTER_SCOPE, { relistBehavior: '' }));
  expect(complete.spec).toMatchObject({ relistBehavior: 'Duration', relistRequests: 0 });
  expect(completeBroker(complete)).toBe(complete);
  expect(completeBroker(aBroker(CLUSTER_SCOPE, { relistBehavior: 'Manual' })).spec.relistBehavior).toBe('Manual');
});

test('an instance gets an id unless it has one', () => {
  const complete = completeInstance(anInstance(), 'new');
  expect(complete.spec).toMatchObject({ externalID: 'new', updateRequests: 0 });
  expect(completeInstance(complete, 'other')).toBe(complete);
  expect(completeInstance(anInstance({ externalID: 'mine' }), 'new').spec.externalID).toBe('mine');
  expect(completeInstance(anInstance(), undefined).spec).not.toHaveProperty('externalID');
});

test('a binding gets an id and a Secret named after it, once it has a name itself', () => {
  const complete = completeBinding(aBinding(), 'new');
  expect(complete.spec).toMatchObject({ externalID: 'new', secretName: 'my-binding' });
  expect(completeBinding(complete, 'other')).toBe(complete);
  const { name: _unknown, ...nameless } = metadata('x', { generateName: 'b-' });
  expect(completeBinding(aBinding({}, { metadata: nameless }), 'new').spec).not.toHaveProperty('secretName');
});
