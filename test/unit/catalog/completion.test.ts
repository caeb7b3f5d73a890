import { describe, expect, test } from '@jest/globals';
import { completeBinding, completeBroker, completeInstance, withFinalizer } from '../../../lib/catalog/completion.ts';
import { GENERATED_ID, hasGeneratedId } from '../../../lib/catalog/external-id.ts';
import { CLUSTER_SCOPE } from '../../../lib/catalog/scope.ts';
import type { KubeObject } from '../../../lib/kube/objects.ts';
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

const UID = { of: 'uid', value: 'uid' } as const;
const FRESH = { of: 'fresh', value: 'fresh' } as const;
/** What a forger would send. */
const forged = { annotations: { [GENERATED_ID]: 'mine', other: 'kept' } };

test('an instance gets an id unless it has one', () => {
  const complete = completeInstance(anInstance(), UID);
  expect(complete.spec).toMatchObject({ externalID: 'uid', updateRequests: 0 });
  expect(complete.metadata).not.toHaveProperty('annotations');
  expect(completeInstance(complete, { of: 'uid', value: 'other' })).toBe(complete);
  expect(completeInstance(anInstance({ externalID: 'mine' }), UID).spec.externalID).toBe('mine');
  expect(completeInstance(anInstance(), undefined).spec).not.toHaveProperty('externalID');
});

test('a binding gets an id and a Secret named after it, once it has a name itself', () => {
  const complete = completeBinding(aBinding(), UID);
  expect(complete.spec).toMatchObject({ externalID: 'uid', secretName: 'my-binding' });
  expect(completeBinding(complete, { of: 'uid', value: 'other' })).toBe(complete);
  const { name: _unknown, ...nameless } = metadata('x', { generateName: 'b-' });
  expect(completeBinding(aBinding({}, { metadata: nameless }), UID).spec).not.toHaveProperty('secretName');
});

describe.each([
  { kind: 'instance', complete: completeInstance as (object: never, newId: never) => KubeObject, object: anInstance },
  { kind: 'binding', complete: completeBinding as (object: never, newId: never) => KubeObject, object: aBinding },
])('the note that the id of the $kind was made up', ({ complete, object }) => {
  const completed = (given: object, newId: object | undefined): KubeObject & { spec: { externalID?: string } } =>
    complete(given as never, newId as never) as KubeObject & { spec: { externalID?: string } };

  test('goes with an id that is not the uid, and makes it count as made up where admission is believed', () => {
    const made = completed(object(), FRESH);
    expect(made.metadata.annotations).toEqual({ [GENERATED_ID]: 'fresh' });
    expect([hasGeneratedId(made, true), hasGeneratedId(made, false)]).toEqual([true, false]);
  });

  test('is not believed for another id', () => {
    const { metadata: meta } = completed(object(), FRESH);
    expect(hasGeneratedId({ metadata: meta, spec: { externalID: 'another' } }, true)).toBe(false);
  });

  test('is taken off what a user sends with an id of his choice', () => {
    const sent = object({ externalID: 'mine' }, { metadata: metadata('x', forged) });
    for (const newId of [FRESH, UID]) {
      const made = completed(sent, newId);
      expect(made.metadata.annotations).toEqual({ other: 'kept' });
      expect(hasGeneratedId(made, true)).toBe(false);
    }
  });

  test('says what was made up, whatever a user sends without an id', () => {
    const sent = object({}, { metadata: metadata('x', forged) });
    expect(completed(sent, FRESH).metadata.annotations).toEqual({ [GENERATED_ID]: 'fresh', other: 'kept' });
    expect(completed(sent, UID).metadata.annotations).toEqual({ other: 'kept' });
  });

  test('is not needed for the uid', () => {
    const { spec, metadata: meta } = completed(object(), UID);
    expect(hasGeneratedId({ spec, metadata: { ...meta, uid: 'uid' } }, false)).toBe(true);
    expect(hasGeneratedId({ spec: {}, metadata: { ...meta, uid: 'uid' } }, true)).toBe(false);
  });
});
