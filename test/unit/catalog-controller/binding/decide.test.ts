import { describe, expect, test } from '@jest/globals';
import type { BindingAction } from '../../../../catalog-controller/binding/action.ts';
import { decideBinding } from '../../../../catalog-controller/binding/decide.ts';
import type { BindingObserved } from '../../../../catalog-controller/binding/observed.ts';
import { FINALIZER } from '../../../../lib/catalog/resources.ts';
import type { ServiceBinding, ServiceBindingStatus } from '../../../../lib/catalog/types.generated.ts';
import { POLICY } from '../world/policy.ts';
import { targetOf } from '../world/resolution.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };

function aBinding(
  status: ServiceBindingStatus = {},
  metadata: Partial<ServiceBinding['metadata']> = {},
): ServiceBinding {
  return {
    metadata: { name: 'app', namespace: 'ns', uid: 'uid', generation: 1, finalizers: [FINALIZER], ...metadata },
    spec: { instanceRef: { name: 'db' }, externalID: 'uid', secretName: 'app' },
    status,
  };
}

const READY_INSTANCE = {
  name: 'db',
  externalID: 'db-id',
  deleting: false,
  ready: true,
  starting: false,
  asyncOpInProgress: false,
};
const STARTING_INSTANCE = { ...READY_INSTANCE, ready: false, starting: true };
const createdNow = { creationTimestamp: new Date(NOW).toISOString() };
const FOUND = {
  found: true,
  target: targetOf('small'),
  bindable: true,
  retrievable: false,
  maximumPollingSeconds: undefined,
} as const;

function observing(binding: ServiceBinding, more: Partial<BindingObserved> = {}): BindingObserved {
  return {
    now: NOW,
    random: 1,
    binding,
    policy: POLICY,
    instance: READY_INSTANCE,
    resolution: FOUND,
    brokerUsable: true,
    recordedBrokerExists: true,
    clusterId: 'cluster',
    namespaceUid: 'ns-uid',
    parameters: { ok: true, values: {}, redacted: {}, checksum: '' },
    secret: 'absent',
    nextSecretCheckAt: 0,
    rival: undefined,
    intentIsFresh: false,
    nextPollAt: undefined,
    brokerHasChanged: false,
    admissionIsTrusted: true,
    ...more,
  };
}

const BOUND: ServiceBindingStatus = {
  observedGeneration: 1,
  reconciledGeneration: 1,
  unbindStatus: 'Required',
  currentOperation: '',
  externalProperties: {
    instanceExternalID: 'db-id',
    clusterServiceBrokerName: 'broker',
    clusterServiceClassExternalID: 'class-id',
    clusterServicePlanExternalID: 'small',
  },
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      reason: 'InjectedBindResult',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
};

function reasonOf(action: BindingAction): string | undefined {
  return 'status' in action ? action.status.conditions?.find(({ type }) => type === 'Ready')?.reason : undefined;
}

function messageOf(action: BindingAction): string | undefined {
  return 'status' in action ? action.status.conditions?.find(({ type }) => type === 'Ready')?.message : undefined;
}

describe('what to do about a binding', () => {
  test.each<[string, BindingObserved, BindingAction['type'], string?]>([
    ['one that is new is adopted', observing(aBinding({}, { finalizers: [] })), 'adopt'],
    ['one whose instance is ready gets its intent', observing(aBinding()), 'record-intent', 'BindingRequestInFlight'],
    [
      'one without an instance waits',
      observing(aBinding(), { instance: undefined }),
      'report',
      'ReferencesNonexistentInstance',
    ],
    [
      'one whose instance has no class waits',
      observing(aBinding(), {
        resolution: { found: false, reason: 'ErrorInstanceRefsUnresolved', message: '' },
      }),
      'report',
      'ErrorInstanceRefsUnresolved',
    ],
    [
      'one whose instance is not ready waits',
      observing(aBinding(), { instance: { ...READY_INSTANCE, ready: false } }),
      'report',
      'ErrorInstanceNotReady',
    ],
    [
      'one whose instance is just being made gives it a moment',
      observing(aBinding({}, createdNow), { instance: STARTING_INSTANCE }),
      'wait',
    ],
    [
      'one whose instance takes longer says what it waits for',
      observing(aBinding({}, createdNow), { now: NOW + 10_000, instance: STARTING_INSTANCE }),
      'report',
      'ErrorInstanceNotReady',
    ],
    [
      'one that was made in the time to come, by another clock, says what it waits for',
      observing(aBinding({}, createdNow), { now: NOW - 1, instance: STARTING_INSTANCE }),
      'report',
      'ErrorInstanceNotReady',
    ],
    [
      'one whose instance is going waits',
      observing(aBinding(), { instance: { ...READY_INSTANCE, deleting: true } }),
      'report',
      'ErrorInstanceNotReady',
    ],
    [
      'one of a class that is not bindable says so',
      observing(aBinding(), { resolution: { ...FOUND, bindable: false } }),
      'report',
      'ErrorNonbindableServiceClass',
    ],
    [
      'one whose Secret’s name is taken asks the broker for nothing',
      observing(aBinding(), { secret: 'foreign' }),
      'report',
      'ErrorInjectingBindResult',
    ],
    ['one whose Secret was not looked at looks', observing(aBinding(), { secret: undefined }), 'look'],
    ['one that is bound has its Secret looked at', observing(aBinding(BOUND), { secret: undefined }), 'look'],
    [
      'one that was looked at not long ago waits',
      observing(aBinding(BOUND), { secret: undefined, nextSecretCheckAt: NOW + 1 }),
      'wait',
    ],
    ['one whose Secret is gone has it written again', observing(aBinding(BOUND)), 'deliver'],
    ['one whose Secret was changed has it written again', observing(aBinding(BOUND), { secret: 'altered' }), 'deliver'],
    ['one that never reached the broker is released', observing(aBinding({}, deleted)), 'release'],
    [
      'one that is deleted gets its intent',
      observing(aBinding(BOUND, deleted)),
      'record-intent',
      'UnbindingRequestInFlight',
    ],
    [
      'one whose instance is worked on waits before it is removed',
      observing(aBinding(BOUND, deleted), { instance: { ...READY_INSTANCE, asyncOpInProgress: true } }),
      'report',
      'ErrorAsyncOperationInProgress',
    ],
    [
      'one whose instance is gone is removed all the same',
      observing(aBinding({ ...BOUND, currentOperation: 'Unbind' }, deleted), {
        instance: undefined,
        resolution: { found: false, reason: 'ReferencesNonexistentInstance', message: '' },
      }),
      'unbind',
    ],
    [
      'one whose credentials are those of another is not removed at the broker',
      observing(aBinding({ ...BOUND, currentOperation: 'Unbind' }, deleted), { rival: 'other/app' }),
      'report',
      'DuplicateExternalID',
    ],
    [
      'one that the original gave up on is removed all the same',
      observing(aBinding({ ...BOUND, unbindStatus: 'Failed', currentOperation: 'Unbind' }, deleted)),
      'unbind',
    ],
  ])('%s', (...[, observed, type, reason]) => {
    const action = decideBinding(observed);
    expect([action.type, reasonOf(action)]).toEqual([type, reason]);
  });

  test.each([
    ['to be made', aBinding()],
    ['to be removed', aBinding({ ...BOUND, currentOperation: 'Unbind' }, deleted)],
  ])('one %s names the other with its external id only in its own namespace', (_state, binding) => {
    const own = messageOf(decideBinding(observing(binding, { rival: 'ns/other' })));
    expect(own).toContain('that of ServiceBinding ns/other');
    const foreign = messageOf(decideBinding(observing(binding, { rival: 'secret-project/app' })));
    expect(foreign).toContain('that of a ServiceBinding of another namespace');
    expect(foreign).not.toContain('secret-project');
  });

  test('one that is not bindable is bound when its class becomes so', () => {
    const refused = decideBinding(observing(aBinding(), { resolution: { ...FOUND, bindable: false } }));
    if (refused.type !== 'report') throw new Error('not refused');
    expect(decideBinding(observing(aBinding(refused.status)))).toMatchObject({ type: 'record-intent' });
  });

  test('what goes to the broker with a deletion is what was recorded, not what the instance has become', () => {
    const action = decideBinding(
      observing(aBinding({ ...BOUND, currentOperation: 'Unbind' }, deleted), {
        instance: { ...READY_INSTANCE, externalID: 'another-instance-of-this-name' },
        resolution: { ...FOUND, target: targetOf('large') },
      }),
    );
    expect(action).toMatchObject({ type: 'unbind', instanceId: 'db-id', target: { planId: 'small' } });
  });

  test('looks soon whether a foreign Secret is out of the way, however long it has been there', () => {
    const observed = observing(aBinding({ observedGeneration: 1, retry: { attempts: 20 } }), { secret: 'foreign' });
    const action = decideBinding({
      ...observed,
      policy: { ...POLICY, backoff: { initialMs: 1_000, maximumMs: 300_000 } },
    });
    if (action.type !== 'report' || action.wakeAt === undefined) throw new Error('nothing is to be looked at again');
    expect(action.wakeAt - observed.now).toBeLessThanOrEqual(10_000);
  });
});
