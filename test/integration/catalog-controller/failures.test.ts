import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CLUSTER_SERVICE_BROKERS, SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../../lib/catalog/resources.ts';
import { findCondition } from '../../../lib/catalog/conditions.ts';
import type { Behaviour, FakeBroker } from '../../support/fake-broker.ts';
import { ControllerWorld } from './support/controller-world.ts';

jest.setTimeout(60_000);

let world: ControllerWorld;
let broker: FakeBroker;
let namespace: string;
let count = 0;
beforeAll(async () => {
  world = await ControllerWorld.start();
  broker = await world.broker('frail');
  namespace = await world.namespace('failures');
});
afterAll(() => world.stop());

const fresh = (name: string): string => `${name}-${++count}`;
const status = (code: number, more: Partial<Extract<Behaviour, { kind: 'answer' }>> = {}): Behaviour => ({
  kind: 'answer',
  status: code,
  body: { description: 'as the test wants it' },
  ...more,
});

describe('a provision that fails once', () => {
  test.each<[string, Behaviour, string, number]>([
    ['401: refused, tried again', status(401), 'ProvisionCallFailed', 0],
    ['409: somebody has the id, its remains are removed', status(409), 'StartingInstanceOrphanMitigation', 1],
    ['422: refused, tried again', status(422), 'ProvisionCallFailed', 0],
    ['429 with Retry-After', status(429, { headers: { 'Retry-After': '1' } }), 'ProvisionCallFailed', 0],
    ['500: unknown, mitigated', status(500), 'StartingInstanceOrphanMitigation', 1],
    ['502 after the work was done', status(502, { alsoDo: true }), 'StartingInstanceOrphanMitigation', 1],
    ['201 with an empty body', { kind: 'answer', status: 201 }, 'StartingInstanceOrphanMitigation', 1],
    [
      '200 with an empty body, after the work was done',
      { kind: 'answer', status: 200, alsoDo: true },
      'StartingInstanceOrphanMitigation',
      1,
    ],
    ['HTML', { kind: 'html' }, 'StartingInstanceOrphanMitigation', 1],
    ['a redirect', { kind: 'redirect', location: 'http://127.0.0.1:1/' }, 'ProvisionCallFailed', 0],
    ['silence until the time is up', { kind: 'hang', alsoDo: true }, 'StartingInstanceOrphanMitigation', 1],
    ['a connection that breaks', { kind: 'hang-up', alsoDo: true }, 'StartingInstanceOrphanMitigation', 1],
    ['100 MB', { kind: 'flood', bytes: 100e6 }, 'StartingInstanceOrphanMitigation', 1],
    [
      'an asynchronous failure',
      { kind: 'async', polls: 1, end: 'failed', description: 'no room' },
      'StartingInstanceOrphanMitigation',
      1,
    ],
  ])('%s: is Ready in the end', async (_what, behaviour, reason, deletions) => {
    const deletionsBefore = broker.requestsTo('DeprovisionInstance').length;
    broker.next('ProvisionInstance', behaviour);
    const key = await world.instance(namespace, fresh('db'), 'frail');
    const instance = await world.ready(SERVICE_INSTANCES, key);
    expect(instance.status?.retry).toBeUndefined();
    expect(instance.status?.orphanMitigationInProgress).toBeUndefined();
    expect(broker.world.instances.has(instance.spec.externalID!)).toBe(true);
    expect(broker.requestsTo('DeprovisionInstance').length - deletionsBefore).toBe(deletions);
    expect(await world.eventReasons(key)).toContain(reason);
    await world.delete(SERVICE_INSTANCES, key);
    await world.gone(SERVICE_INSTANCES, key);
    expect(broker.world.instances.has(instance.spec.externalID!)).toBe(false);
  });

  test('with the binding that waits for it recovers too: the dead end of the original', async () => {
    broker.next('ProvisionInstance', status(500), status(502, { alsoDo: true }));
    const binding = await world.binding(namespace, fresh('app'), 'dead-end');
    const instance = await world.instance(namespace, 'dead-end', 'frail');
    await world.ready(SERVICE_INSTANCES, instance);
    await world.ready(SERVICE_BINDINGS, binding);
  });
});

describe('a provision that is refused with 400', () => {
  test('is given up until the spec changes', async () => {
    broker.next('ProvisionInstance', status(400));
    const key = await world.instance(namespace, fresh('db'), 'frail');
    const failed = await world.reason(SERVICE_INSTANCES, key, 'ClusterServiceBrokerReturnedFailure', 'Failed');
    expect(findCondition(failed.status, 'Ready')).toMatchObject({ status: 'False', reason: 'ProvisionCallFailed' });
    expect(findCondition(failed.status, 'Failed')?.message).toContain('as the test wants it');
    expect(failed.status).toMatchObject({ deprovisionStatus: 'NotRequired', lastConditionState: 'Failed' });
    await world.kube.patch(SERVICE_INSTANCES, key, { type: 'merge', body: { spec: { parameters: { size: 2 } } } });
    const ready = await world.ready(SERVICE_INSTANCES, key);
    expect(findCondition(ready.status, 'Failed')).toBeUndefined();
  });

  test('is deleted without a call to the broker', async () => {
    broker.next('ProvisionInstance', status(400));
    const key = await world.instance(namespace, fresh('db'), 'frail');
    await world.reason(SERVICE_INSTANCES, key, 'ClusterServiceBrokerReturnedFailure', 'Failed');
    const deletions = broker.requestsTo('DeprovisionInstance').length;
    await world.delete(SERVICE_INSTANCES, key);
    await world.gone(SERVICE_INSTANCES, key);
    expect(broker.requestsTo('DeprovisionInstance')).toHaveLength(deletions);
  });
});

describe('an update', () => {
  test('of plan and parameters reaches the broker as a PATCH of what changed', async () => {
    const key = await world.instance(namespace, fresh('db'), 'frail', { parameters: { size: 1, colour: 'red' } });
    const { spec } = await world.ready(SERVICE_INSTANCES, key);
    const patches = broker.requestsTo('UpdateInstance').length;
    const body = { spec: { clusterServicePlanExternalName: 'large' } };
    await world.kube.patch(SERVICE_INSTANCES, key, { type: 'merge', body });
    await world.reason(SERVICE_INSTANCES, key, 'InstanceUpdatedSuccessfully');
    const sent = broker.requestsTo('UpdateInstance')[patches]?.body;
    expect(sent).toMatchObject({
      plan_id: 'frail-large-id',
      previous_values: { plan_id: 'frail-small-id', service_id: 'frail-service-id' },
    });
    expect(sent).not.toHaveProperty('parameters');
    expect(broker.world.instances.get(spec.externalID!)?.planId).toBe('frail-large-id');
  });

  test('that removes all parameters says so to the broker', async () => {
    const key = await world.instance(namespace, fresh('db'), 'frail', { parameters: { size: 1 } });
    await world.ready(SERVICE_INSTANCES, key);
    await world.kube.patch(SERVICE_INSTANCES, key, { type: 'merge', body: { spec: { parameters: null } } });
    await world.reason(SERVICE_INSTANCES, key, 'InstanceUpdatedSuccessfully');
    expect(broker.requestsTo('UpdateInstance').at(-1)?.body).toMatchObject({ parameters: {} });
  });

  test('that fails is superseded by the next change of the spec', async () => {
    broker.always('UpdateInstance', status(422));
    const key = await world.instance(namespace, fresh('db'), 'frail');
    await world.ready(SERVICE_INSTANCES, key);
    await world.kube.patch(SERVICE_INSTANCES, key, { type: 'merge', body: { spec: { parameters: { size: -1 } } } });
    const failing = await world.reason(SERVICE_INSTANCES, key, 'UpdateInstanceCallFailed');
    expect(findCondition(failing.status, 'Ready')?.message).toMatch(/attempt \d+ failed; next attempt at/);
    broker.always('UpdateInstance', { kind: 'normal' });
    await world.kube.patch(SERVICE_INSTANCES, key, { type: 'merge', body: { spec: { parameters: { size: 3 } } } });
    const { spec } = await world.reason(SERVICE_INSTANCES, key, 'InstanceUpdatedSuccessfully');
    expect(broker.world.instances.get(spec.externalID!)?.parameters).toEqual({ size: 3 });
  });

  test('that is refused with 400 is given up, and the next change of the spec is tried', async () => {
    broker.next('UpdateInstance', status(400));
    const key = await world.instance(namespace, fresh('db'), 'frail');
    await world.ready(SERVICE_INSTANCES, key);
    await world.kube.patch(SERVICE_INSTANCES, key, { type: 'merge', body: { spec: { parameters: { size: -1 } } } });
    await world.reason(SERVICE_INSTANCES, key, 'UpdateInstanceCallFailed', 'Failed');
    await world.kube.patch(SERVICE_INSTANCES, key, { type: 'merge', body: { spec: { parameters: { size: 3 } } } });
    await world.reason(SERVICE_INSTANCES, key, 'InstanceUpdatedSuccessfully');
  });
});

describe('asynchronous work', () => {
  test('is polled until it ends, and the description of the broker is told', async () => {
    broker.next('ProvisionInstance', {
      kind: 'async',
      polls: 2,
      end: 'succeeded',
      description: 'baking',
      operation: 'op-1',
    });
    const key = await world.instance(namespace, fresh('db'), 'frail');
    await world.condition(SERVICE_INSTANCES, key, 'Ready', ({ message }) => message.includes('baking'));
    await world.ready(SERVICE_INSTANCES, key);
    expect(broker.requestsTo('PollLastOperation').at(-1)?.url).toContain('operation=op-1');
  });

  test('goes on to be polled when the broker cannot be asked for a while', async () => {
    broker.next('ProvisionInstance', { kind: 'async', polls: 0, end: 'succeeded' });
    broker.next('PollLastOperation', status(500), { kind: 'html' });
    const key = await world.instance(namespace, fresh('db'), 'frail');
    await world.reason(SERVICE_INSTANCES, key, 'ErrorPollingLastOperation');
    await world.ready(SERVICE_INSTANCES, key);
  });

  test('is no obstacle to a deletion', async () => {
    broker.next('ProvisionInstance', { kind: 'async', polls: 1_000_000, end: 'succeeded' });
    const key = await world.instance(namespace, fresh('db'), 'frail');
    await world.reason(SERVICE_INSTANCES, key, 'Provisioning');
    broker.next('DeprovisionInstance', status(422, { body: { error: 'ConcurrencyError', description: 'busy' } }));
    await world.delete(SERVICE_INSTANCES, key);
    await world.gone(SERVICE_INSTANCES, key);
  });

  test('of a deletion ends with 410', async () => {
    const key = await world.instance(namespace, fresh('db'), 'frail');
    const { spec } = await world.ready(SERVICE_INSTANCES, key);
    broker.next('DeprovisionInstance', { kind: 'async', polls: 1, end: 'succeeded' });
    await world.delete(SERVICE_INSTANCES, key);
    await world.gone(SERVICE_INSTANCES, key);
    expect(broker.world.instances.has(spec.externalID!)).toBe(false);
  });
});

describe('a deletion that fails', () => {
  test.each<[string, Behaviour]>([
    ['500', status(500)],
    ['400', status(400)],
    ['an asynchronous failure', { kind: 'async', polls: 0, end: 'failed' }],
    ['a poll that is refused with 400', { kind: 'async', polls: 5, end: 'succeeded' }],
  ])('%s: is tried again until it succeeds', async (what, behaviour) => {
    const key = await world.instance(namespace, fresh('db'), 'frail');
    await world.ready(SERVICE_INSTANCES, key);
    broker.next('DeprovisionInstance', behaviour);
    if (what.startsWith('a poll')) broker.next('PollLastOperation', status(400));
    await world.delete(SERVICE_INSTANCES, key);
    await world.gone(SERVICE_INSTANCES, key);
    expect(await world.eventReasons(key)).toContain('DeprovisionCallFailed');
  });
});

describe('a binding that fails once', () => {
  test.each<[string, Behaviour, string]>([
    ['500', status(500), 'ServiceBindingNeedsOrphanMitigation'],
    [
      '201 without a proper body',
      { kind: 'answer', status: 201, text: 'x', alsoDo: true },
      'ServiceBindingNeedsOrphanMitigation',
    ],
    ['silence', { kind: 'hang', alsoDo: true }, 'ServiceBindingNeedsOrphanMitigation'],
    ['429', status(429), 'BindCallFailed'],
    [
      '422 ConcurrencyError',
      status(422, { body: { error: 'ConcurrencyError', description: 'busy' } }),
      'BindCallFailed',
    ],
    ['an asynchronous failure', { kind: 'async', polls: 1, end: 'failed' }, 'ServiceBindingNeedsOrphanMitigation'],
    ['nothing: it is asynchronous', { kind: 'async', polls: 1, end: 'succeeded' }, 'Binding'],
  ])('%s: is Ready in the end', async (_what, behaviour, reason) => {
    const instance = await world.instance(namespace, fresh('db'), 'frail');
    await world.ready(SERVICE_INSTANCES, instance);
    broker.next('Bind', behaviour);
    const key = await world.binding(namespace, fresh('app'), instance.name);
    const binding = await world.ready(SERVICE_BINDINGS, key);
    expect(await world.eventReasons(key)).toContain(reason);
    expect(await world.secret(key)).toEqual(broker.world.bindings.get(binding.spec.externalID!)?.credentials);
    broker.next('Unbind', status(410, { text: '' }));
    broker.world.bindings.delete(binding.spec.externalID!);
    await world.delete(SERVICE_BINDINGS, key);
    await world.gone(SERVICE_BINDINGS, key);
    expect(await world.secret(key)).toBeUndefined();
  });

  test('400 is given up, and says what to do', async () => {
    const instance = await world.instance(namespace, fresh('db'), 'frail');
    await world.ready(SERVICE_INSTANCES, instance);
    broker.next('Bind', status(400));
    const key = await world.binding(namespace, fresh('app'), instance.name);
    const binding = await world.reason(SERVICE_BINDINGS, key, 'ServiceBindingReturnedFailure', 'Failed');
    expect(findCondition(binding.status, 'Failed')?.message).toContain('create it again');
    await world.delete(SERVICE_BINDINGS, key);
    await world.gone(SERVICE_BINDINGS, key);
  });
});

describe('an instance that waits for its next attempt', () => {
  test('does not wait when its broker is put right', async () => {
    await world.stopController();
    await world.startController({ retryMaximumMs: 3_600_000 });
    const patient = await world.broker('patient');
    const away = await world.fakeBroker('away');
    await away.stop();
    const move = (url: string): Promise<unknown> =>
      world.kube.patch(CLUSTER_SERVICE_BROKERS, { name: 'patient' }, { type: 'merge', body: { spec: { url } } });
    await move(away.url);
    const key = await world.instance(namespace, fresh('db'), 'patient');
    await world.condition(SERVICE_INSTANCES, key, 'Ready', ({ message }) => /attempt 3 failed/.test(message));
    await move(patient.url);
    await world.ready(SERVICE_INSTANCES, key);
  });
});

describe('a binding of an instance that has changed its plan', () => {
  test('is removed with the plan the instance has now', async () => {
    const instance = await world.instance(namespace, fresh('db'), 'frail');
    const key = await world.binding(namespace, fresh('app'), instance.name);
    await world.ready(SERVICE_BINDINGS, key);
    const body = { spec: { clusterServicePlanExternalName: 'large' } };
    await world.kube.patch(SERVICE_INSTANCES, instance, { type: 'merge', body });
    await world.reason(SERVICE_INSTANCES, instance, 'InstanceUpdatedSuccessfully');
    await world.delete(SERVICE_BINDINGS, key);
    await world.gone(SERVICE_BINDINGS, key);
    expect(broker.requestsTo('Unbind').at(-1)?.url).toContain('plan_id=frail-large-id');
  });
});
