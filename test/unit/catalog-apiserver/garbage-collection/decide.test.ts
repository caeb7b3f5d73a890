import { describe, expect, test } from '@jest/globals';
import {
  blocks,
  decideDependent,
  isOrphaning,
  isWaiting,
} from '../../../../catalog-apiserver/garbage-collection/decide.ts';
import type { DependentAction, OwnerState } from '../../../../catalog-apiserver/garbage-collection/decide.ts';
import type { KubeObject } from '../../../../lib/kube/objects.ts';

function decide(
  states: OwnerState[],
  facts: { finalizers?: string[]; hasDependents?: boolean; dependentWaits?: boolean } = {},
): DependentAction {
  return decideDependent({
    references: states.map((state, index) => ({
      reference: { apiVersion: 'v1', kind: 'ConfigMap', name: `owner-${index}`, uid: `uid-${index}` },
      state,
    })),
    finalizers: facts.finalizers ?? [],
    hasDependents: facts.hasDependents ?? false,
    dependentWaits: facts.dependentWaits ?? false,
  });
}

describe('what becomes of an object with owners', () => {
  test('it stays as long as one owner lives, and loses the references to those that are gone or going', () => {
    expect(decide([])).toEqual({ type: 'keep' });
    expect(decide(['solid', 'solid'])).toEqual({ type: 'keep' });
    expect(decide(['absent', 'solid', 'waiting'])).toEqual({ type: 'drop-references', uids: ['uid-0', 'uid-2'] });
  });

  test('a reference this server cannot follow holds the object as an owner would', () => {
    expect(decide(['unresolvable'])).toEqual({ type: 'keep' });
    expect(decide(['unresolvable', 'absent'])).toEqual({ type: 'drop-references', uids: ['uid-1'] });
  });

  test('it is deleted when every owner is gone, in the way somebody had already asked for', () => {
    const action = { type: 'delete', policy: 'Background', unblock: false };
    expect(decide(['absent', 'absent'])).toEqual(action);
    expect(decide(['absent'], { finalizers: ['orphan'] })).toEqual({ ...action, policy: 'Orphan' });
    expect(decide(['absent'], { finalizers: ['foregroundDeletion'] })).toEqual({ ...action, policy: 'Foreground' });
    expect(decide(['absent'], { finalizers: ['example.com/other'] })).toEqual(action);
  });

  test('below an owner that waits, an object with dependents waits for them too', () => {
    expect(decide(['waiting'])).toEqual({ type: 'delete', policy: 'Background', unblock: false });
    const foreground = { type: 'delete', policy: 'Foreground', unblock: false };
    expect(decide(['waiting', 'absent'], { hasDependents: true })).toEqual(foreground);
    expect(decide(['absent'], { hasDependents: true })).toEqual({ ...foreground, policy: 'Background' });
  });

  test('in a circle the object stops blocking, so that somebody can go first', () => {
    expect(decide(['waiting'], { hasDependents: true, dependentWaits: true })).toMatchObject({ unblock: true });
  });
});

test('only an object that is being deleted waits for its dependents or leaves them behind', () => {
  const object = (finalizers: string[], deletionTimestamp?: string): KubeObject => ({
    metadata: { name: 'a', finalizers, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
  });
  expect(isWaiting(object(['foregroundDeletion']))).toBe(false);
  expect(isWaiting(object(['foregroundDeletion'], 'now'))).toBe(true);
  expect(isOrphaning(object(['orphan']))).toBe(false);
  expect(isOrphaning(object(['orphan'], 'now'))).toBe(true);
});

test('a dependent blocks the owner it says it blocks, no other', () => {
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'u' };
  const object: KubeObject = {
    metadata: { name: 'd', ownerReferences: [reference, { ...reference, uid: 'v', blockOwnerDeletion: true }] },
  };
  expect([blocks(object, 'u'), blocks(object, 'v'), blocks(object, 'w')]).toEqual([false, true, false]);
});
