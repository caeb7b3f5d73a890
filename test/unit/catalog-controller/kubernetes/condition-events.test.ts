import { describe, expect, test } from '@jest/globals';
import { conditionEvents } from '../../../../catalog-controller/kubernetes/condition-events.ts';
import type { Condition } from '../../../../lib/catalog/types.generated.ts';

const condition = (type: string, status: Condition['status'], reason: string, message = reason): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
const ready = (status: Condition['status'], reason: string, message?: string): Condition =>
  condition('Ready', status, reason, message);

describe('the events of a status change', () => {
  test.each<[string, Condition[], Condition[], string[]]>([
    [
      'success',
      [ready('False', 'Provisioning')],
      [ready('True', 'ProvisionedSuccessfully')],
      ['Normal ProvisionedSuccessfully'],
    ],
    ['a failure', [], [ready('False', 'ProvisionCallFailed')], ['Warning ProvisionCallFailed']],
    [
      'another message that is no attempt',
      [ready('False', 'Provisioning', 'one step')],
      [ready('False', 'Provisioning', 'the next step')],
      [],
    ],
    [
      'waiting for the class of the instance',
      [],
      [ready('False', 'ErrorInstanceRefsUnresolved')],
      ['Normal ErrorInstanceRefsUnresolved'],
    ],
    ['a request about to be sent', [], [ready('False', 'ProvisionRequestInFlight')], []],
    ['waiting for the instance', [], [ready('False', 'ErrorInstanceNotReady')], ['Normal ErrorInstanceNotReady']],
    [
      'giving up',
      [ready('False', 'ProvisionRequestInFlight')],
      [ready('False', 'ProvisionCallFailed'), condition('Failed', 'True', 'ClusterServiceBrokerReturnedFailure')],
      ['Warning ProvisionCallFailed', 'Warning ClusterServiceBrokerReturnedFailure'],
    ],
    ['a deletion that fails', [], [ready('Unknown', 'DeprovisionCallFailed')], ['Warning DeprovisionCallFailed']],
  ])('%s', (_what, before, after, events) => {
    expect(
      conditionEvents({ conditions: before }, { conditions: after }).map(({ type, reason }) => `${type} ${reason}`),
    ).toEqual(events);
  });

  test('one more attempt that failed like the last is told with what it says now', () => {
    const attempt = (attempts: number) => ({
      conditions: [ready('False', 'ErrorFetchingCatalog', `attempt ${attempts} failed`)],
      retry: { attempts },
    });
    expect(conditionEvents(attempt(1), attempt(2))).toEqual([
      { type: 'Warning', reason: 'ErrorFetchingCatalog', message: 'attempt 2 failed' },
    ]);
    expect(conditionEvents(attempt(2), attempt(2))).toEqual([]);
  });
});
