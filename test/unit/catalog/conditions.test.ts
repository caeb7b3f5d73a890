import { describe, expect, test } from '@jest/globals';
import type { ServiceInstanceStatus } from '../../../lib/catalog/types.generated.ts';
import {
  findCondition,
  formatTime,
  isTrue,
  lastConditionState,
  removeCondition,
  setCondition,
  withConditions,
} from '../../../lib/catalog/conditions.ts';

const noon = new Date('2026-01-01T12:00:00.900Z');
const later = new Date('2026-01-01T13:00:00Z');
const provisioning = { type: 'Ready', status: 'False', reason: 'Provisioning', message: 'in progress' } as const;

test('times are written in whole seconds', () => {
  expect(formatTime(noon)).toBe('2026-01-01T12:00:00Z');
});

describe('setting a condition', () => {
  const before = setCondition(undefined, provisioning, noon);

  test('appends a type that is not there, also behind others', () => {
    const both = setCondition(before, { ...provisioning, type: 'Failed' }, later);
    expect(both.map(({ type }) => type)).toEqual(['Ready', 'Failed']);
  });

  test('keeps the time while the status stays the same', () => {
    const [condition] = setCondition(before, { ...provisioning, reason: 'ProvisionCallFailed' }, later);
    expect(condition).toMatchObject({ reason: 'ProvisionCallFailed', lastTransitionTime: '2026-01-01T12:00:00Z' });
  });

  test('moves the time when the status changes', () => {
    const [condition] = setCondition(before, { ...provisioning, status: 'True' }, later);
    expect(condition?.lastTransitionTime).toBe('2026-01-01T13:00:00Z');
  });

  test('gives the same list back when nothing changes', () => {
    expect(setCondition(before, provisioning, later)).toBe(before);
  });
});

test('removing a condition that is not there changes nothing', () => {
  const list = setCondition(undefined, provisioning, noon);
  expect(removeCondition(list, 'Failed')).toBe(list);
  expect(removeCondition(list, 'Ready')).toEqual([]);
});

test('the last condition is what the Status column shows', () => {
  expect(lastConditionState(undefined)).toBe('');
  const list = setCondition(undefined, provisioning, noon);
  expect(lastConditionState(list)).toBe('Provisioning');
  expect(lastConditionState(setCondition(list, { ...provisioning, type: 'Failed', status: 'True' }, noon))).toBe(
    'Failed',
  );
});

test('a status gets its conditions and its last state together, and stays the same when nothing changes', () => {
  const status = withConditions<ServiceInstanceStatus>({ observedGeneration: 2 }, { set: [provisioning] }, noon);
  expect(status).toMatchObject({ observedGeneration: 2, lastConditionState: 'Provisioning' });
  expect(withConditions(status, { set: [provisioning], remove: ['Failed'] }, later)).toBe(status);
  const ready = withConditions(status, { set: [{ ...provisioning, status: 'True' }] }, later);
  expect(isTrue(ready, 'Ready')).toBe(true);
  expect(findCondition(ready, 'Failed')).toBeUndefined();
});
