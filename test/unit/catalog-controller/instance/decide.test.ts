import { describe, expect, test } from '@jest/globals';
import { decideInstance } from '../../../../catalog-controller/instance/decide.ts';
import type { InstanceAction } from '../../../../catalog-controller/instance/action.ts';
import type { InstanceObserved } from '../../../../catalog-controller/instance/observed.ts';
import { UNKNOWN_CHECKSUM } from '../../../../catalog-controller/instance/intent.ts';
import { settleUpdate } from '../../../../catalog-controller/instance/settle-update.ts';
import type { ServiceInstance } from '../../../../lib/catalog/types.generated.ts';
import type { UpdateInstanceRequest } from '../../../../lib/osb/types.ts';
import { foundPlan } from '../world/resolution.ts';
import { anInstance, NOW, observing, PROVISIONED } from './builders.ts';

const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const edited = { generation: 2 };

function reasonOf(action: InstanceAction): string | undefined {
  return 'status' in action ? action.status.conditions?.find(({ type }) => type === 'Ready')?.reason : undefined;
}

function messageOf(action: InstanceAction): string | undefined {
  return 'status' in action ? action.status.conditions?.find(({ type }) => type === 'Ready')?.message : undefined;
}

describe('what to do about an instance', () => {
  test.each<[string, InstanceObserved, InstanceAction['type'], string?]>([
    ['one that is new is adopted', observing(anInstance({}, { finalizers: [] })), 'adopt'],
    ['one that is adopted gets its intent', observing(anInstance()), 'record-intent', 'ProvisionRequestInFlight'],
    ['one that is ready is left alone', observing(anInstance(PROVISIONED)), 'wait'],
    [
      'one whose class is unknown says so',
      observing(anInstance(), {
        resolution: { found: false, reason: 'ReferencesNonexistentServiceClass', message: '' },
      }),
      'report',
      'ReferencesNonexistentServiceClass',
    ],
    [
      'one whose class was withdrawn says so',
      observing(anInstance(), { resolution: foundPlan('small', { classRemoved: true }) }),
      'report',
      'ReferencesDeletedServiceClass',
    ],
    [
      'one whose plan was withdrawn says so',
      observing(anInstance(), { resolution: foundPlan('small', { planRemoved: true }) }),
      'report',
      'ReferencesDeletedServicePlan',
    ],
    [
      'one that has a withdrawn plan may change its parameters',
      observing(anInstance(PROVISIONED, edited), { resolution: foundPlan('small', { planRemoved: true }) }),
      'record-intent',
      'UpdateInstanceRequestInFlight',
    ],
    [
      'one whose broker is going says so',
      observing(anInstance(), { brokerUsable: false }),
      'report',
      'ReferencesNonexistentBroker',
    ],
    [
      'one whose external id is taken says so',
      observing(anInstance(), { rival: 'other/db' }),
      'report',
      'DuplicateExternalID',
    ],
    [
      'one with bad parameters says so',
      observing(anInstance(), { parameters: { ok: false, message: 'no Secret' } }),
      'report',
      'ErrorWithParameters',
    ],
    ['one whose parameters were not looked at looks', observing(anInstance(), { parameters: undefined }), 'look'],
    [
      'one without a known namespace says so',
      observing(anInstance(), { namespaceUid: undefined }),
      'report',
      'ErrorFindingNamespaceForInstance',
    ],
    [
      'one whose plan may not change says so',
      observing(anInstance(PROVISIONED, edited), {
        resolution: foundPlan('large', { planUpdatable: false, refs: {} }),
      }),
      'report',
      'PlanChangeNotAllowed',
    ],
    ['one that never reached the broker is released', observing(anInstance({}, deleted)), 'release'],
    [
      'one that has bindings says which',
      observing(anInstance(PROVISIONED, deleted), { bindings: ['app'] }),
      'report',
      'DeprovisionBlockedByExistingCredentials',
    ],
    [
      'one whose bindings are being deleted too gives them a moment',
      observing(anInstance(PROVISIONED, deleted), { bindings: ['app'], bindingsAreLeaving: true }),
      'wait',
    ],
    [
      'one whose bindings do not go says which, in the end',
      observing(anInstance(PROVISIONED, deleted), {
        now: NOW + 10_000,
        bindings: ['app'],
        bindingsAreLeaving: true,
      }),
      'report',
      'DeprovisionBlockedByExistingCredentials',
    ],
    [
      'one that is deleted gets its intent',
      observing(anInstance(PROVISIONED, deleted)),
      'record-intent',
      'DeprovisionRequestInFlight',
    ],
    [
      'one that the original gave up on is deprovisioned all the same',
      observing(anInstance({ ...PROVISIONED, deprovisionStatus: 'Failed' }, deleted)),
      'record-intent',
      'DeprovisionRequestInFlight',
    ],
    [
      'one whose broker is gone says so when it is deleted',
      observing(anInstance({ ...PROVISIONED, currentOperation: 'Deprovision' }, deleted), {
        recordedBrokerExists: false,
      }),
      'report',
      'ReferencesNonexistentBroker',
    ],
    [
      'one whose service is that of another is not removed at the broker',
      observing(anInstance({ ...PROVISIONED, currentOperation: 'Deprovision' }, deleted), { rival: 'other/db' }),
      'report',
      'DuplicateExternalID',
    ],
    [
      'one that is deleted while it is provisioned asynchronously is deprovisioned at once',
      observing(
        anInstance({ currentOperation: 'Provision', asyncOpInProgress: true, deprovisionStatus: 'Required' }, deleted),
      ),
      'record-intent',
      'DeprovisionRequestInFlight',
    ],
    [
      'remains are removed although a binding waits',
      observing(
        anInstance({ currentOperation: 'Provision', orphanMitigationInProgress: true, deprovisionStatus: 'Required' }),
        { bindings: ['app'] },
      ),
      'deprovision',
    ],
  ])('%s', (...[, observed, type, reason]) => {
    const action = decideInstance(observed);
    expect([action.type, reasonOf(action)]).toEqual([type, reason]);
  });

  test.each([
    ['to be made', anInstance()],
    ['to be removed', anInstance({ ...PROVISIONED, currentOperation: 'Deprovision' }, deleted)],
  ])('one %s names the other with its external id only in its own namespace', (_state, instance) => {
    const own = `${instance.metadata.namespace!}/db`;
    expect(messageOf(decideInstance(observing(instance, { rival: own })))).toContain(`that of ServiceInstance ${own}`);
    const foreign = messageOf(decideInstance(observing(instance, { rival: 'secret-project/db' })));
    expect(foreign).toContain('that of a ServiceInstance of another namespace');
    expect(foreign).not.toContain('secret-project');
  });

  test('an attempt that is postponed waits for its time, unless the spec changes', () => {
    const nextAttemptTime = new Date(NOW + 60_000).toISOString();
    const status = {
      observedGeneration: 1,
      currentOperation: 'Provision' as const,
      retry: { attempts: 3, nextAttemptTime },
    };
    expect(decideInstance(observing(anInstance(status)))).toEqual({ type: 'wait', wakeAt: NOW + 60_000 });
    expect(decideInstance(observing(anInstance(status), { brokerHasChanged: true }))).toMatchObject({
      type: 'record-intent',
    });
    const superseding = decideInstance(observing(anInstance(status, edited)));
    expect(superseding).toMatchObject({ type: 'record-intent' });
    expect('status' in superseding && superseding.status.retry).toBeUndefined();
  });

  test('an intent of this process is carried out; that of another may have been', () => {
    const intent = decideInstance(observing(anInstance()));
    if (intent.type !== 'record-intent') throw new Error('no intent');
    const instance = anInstance(intent.status);
    expect(decideInstance(observing(instance, { intentIsFresh: true }))).toMatchObject({
      type: 'provision',
      mayHaveBeenSent: false,
    });
    expect(decideInstance(observing(instance))).toMatchObject({ type: 'provision', mayHaveBeenSent: true });
  });

  test('an intent that was overtaken by the spec is undone before the next', () => {
    const intent = decideInstance(observing(anInstance()));
    if (intent.type !== 'record-intent') throw new Error('no intent');
    const observed = observing(anInstance(intent.status, edited), {
      parameters: { ok: true, values: { size: 2 }, redacted: { size: 2 }, checksum: 'a'.repeat(64) },
    });
    const action = decideInstance(observed);
    expect(reasonOf(action)).toBe('StartingInstanceOrphanMitigation');
  });
});

describe('the request of an update', () => {
  /** The request that an observation leads to, and the observation once its intent was written. */
  const updateOf = (observed: InstanceObserved): { before: InstanceObserved; request: UpdateInstanceRequest } => {
    const intent = decideInstance(observed);
    if (intent.type !== 'record-intent') throw new Error(`no intent but ${intent.type}`);
    const before = { ...observed, instance: { ...observed.instance, status: intent.status }, intentIsFresh: true };
    const action = decideInstance(before);
    if (action.type !== 'update') throw new Error(`no update but ${action.type}`);
    return { before, request: action.request };
  };
  const started = (more: Partial<InstanceObserved>, external = PROVISIONED.externalProperties!): unknown =>
    updateOf(observing(anInstance({ ...PROVISIONED, externalProperties: external }, edited), more)).request;
  const parameters = { ok: true, values: { size: 2 }, redacted: { size: 2 }, checksum: 'a'.repeat(64) } as const;

  test('has the plan only if it changes', () => {
    const resolution = foundPlan('large', { refs: {} });
    expect(started({ resolution })).toMatchObject({ plan_id: 'large', previous_values: { plan_id: 'small' } });
    expect(started({ resolution })).not.toHaveProperty('parameters');
  });

  test('has the parameters only if they change', () => {
    expect(started({ parameters })).toMatchObject({ parameters: { size: 2 } });
    expect(started({ parameters })).not.toHaveProperty('plan_id');
  });

  test('says so when there are no parameters any more', () => {
    const external = { ...PROVISIONED.externalProperties, parameterChecksum: 'a'.repeat(64) };
    expect(started({}, external)).toMatchObject({ parameters: {} });
  });

  describe('when the counter of updates was raised', () => {
    const checksum = parameters.checksum;
    const confirmed = {
      ...PROVISIONED.externalProperties,
      parameters: parameters.redacted,
      parameterChecksum: checksum,
    };
    const raised = (updateRequests: number): ServiceInstance => {
      const instance = anInstance({ ...PROVISIONED, externalProperties: confirmed }, edited);
      return { ...instance, spec: { ...instance.spec, updateRequests } };
    };

    test('has everything, although nothing differs from what the broker confirmed', () => {
      const { request } = updateOf(observing(raised(1), { parameters }));
      expect(request).toMatchObject({
        plan_id: 'small',
        parameters: { size: 2 },
        previous_values: { plan_id: 'small' },
      });
    });

    test('does not mention a plan that cannot be changed and is not', () => {
      const resolution = foundPlan('small', { planUpdatable: false });
      const { request } = updateOf(observing(raised(1), { parameters, resolution }));
      expect(request).toMatchObject({ parameters: { size: 2 } });
      expect(request).not.toHaveProperty('plan_id');
    });

    test('is the same request when the process starts anew in the middle', () => {
      const { before, request } = updateOf(observing(raised(1), { parameters }));
      const again = decideInstance({ ...before, intentIsFresh: false });
      expect(again).toMatchObject({ type: 'update', request, mayHaveBeenSent: true });
    });

    test('has everything once: what the broker has carried out is not demanded by the next change', () => {
      const { before } = updateOf(observing(raised(1), { parameters }));
      const { status } = settleUpdate(before, false, { kind: 'success', status: 200, body: {} });
      const next = { ...raised(1), status, metadata: { ...raised(1).metadata, generation: 3 } };
      const { request } = updateOf(observing(next, { parameters, resolution: foundPlan('large', { refs: {} }) }));
      expect(request).toMatchObject({ plan_id: 'large' });
      expect(request).not.toHaveProperty('parameters');
    });

    test('has everything again after the broker has refused it', () => {
      const { before } = updateOf(observing(raised(1), { parameters }));
      const { status } = settleUpdate(before, false, { kind: 'rejected', status: 400 });
      const next = { ...raised(1), status, metadata: { ...raised(1).metadata, generation: 3 } };
      const { request } = updateOf(observing(next, { parameters }));
      expect(request).toMatchObject({ plan_id: 'small', parameters: { size: 2 } });
    });
  });

  test('has everything when it is not known what the broker has', () => {
    const external = { ...PROVISIONED.externalProperties, parameterChecksum: UNKNOWN_CHECKSUM };
    expect(started({}, external)).toMatchObject({ plan_id: 'small', parameters: {} });
  });
});
