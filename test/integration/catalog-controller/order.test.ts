import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findCondition } from '../../../lib/catalog/conditions.ts';
import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../../lib/catalog/resources.ts';
import { EVENTS } from '../../../lib/kube/core-resources.ts';
import { eventually } from '../../support/wait.ts';
import { ControllerWorld } from './support/controller-world.ts';

jest.setTimeout(60_000);

let world: ControllerWorld;
beforeAll(async () => {
  world = await ControllerWorld.start();
});
afterAll(() => world.stop());

/** Requests this controller has sent to the API server, watches and Events apart. */
async function requests(namespace: string): Promise<number> {
  const metrics = await (await fetch(`${world.healthUrl}/metrics`)).text();
  const sent = [...metrics.matchAll(/^rest_client_requests_total\{[^}]*\} (\d+)$/gm)].map((match) => Number(match[1]));
  const { items } = await world.kube.list(EVENTS, { namespace });
  const events = items.reduce((sum, { count = 1 }) => sum + count, 0);
  return sent.reduce((sum, value) => sum + value, 0) - events;
}

describe('things that come in an unusual order', () => {
  test('an instance waits for its class, and its binding for it', async () => {
    const namespace = await world.namespace('early');
    const instance = await world.instance(namespace, 'db', 'early');
    const binding = await world.binding(namespace, 'app', 'db');
    await world.reason(SERVICE_INSTANCES, instance, 'ReferencesNonexistentServiceClass');
    await world.reason(SERVICE_BINDINGS, binding, 'ErrorInstanceRefsUnresolved');
    const orphan = await world.binding(namespace, 'orphan', 'nobody');
    await world.reason(SERVICE_BINDINGS, orphan, 'ReferencesNonexistentInstance');
    await world.delete(SERVICE_BINDINGS, orphan);
    await world.gone(SERVICE_BINDINGS, orphan);
    await world.broker('early');
    await world.ready(SERVICE_BINDINGS, binding);
  });

  test('an instance of an unknown plan waits for a better one', async () => {
    const namespace = await world.namespace('plans');
    await world.broker('plans');
    const instance = await world.instance(namespace, 'db', 'plans', { clusterServicePlanExternalName: 'tiny' });
    await world.reason(SERVICE_INSTANCES, instance, 'ReferencesNonexistentServicePlan');
    await world.kube.patch(SERVICE_INSTANCES, instance, {
      type: 'merge',
      body: { spec: { clusterServicePlanExternalName: 'small' } },
    });
    await world.ready(SERVICE_INSTANCES, instance);
  });
});

describe('an external id', () => {
  test('that is a neighbour’s does not reach the neighbour’s service', async () => {
    const [mine, theirs] = [await world.namespace('mine'), await world.namespace('theirs')];
    const broker = await world.broker('shared');
    const first = await world.instance(theirs, 'db', 'shared');
    const { spec } = await world.ready(SERVICE_INSTANCES, first);
    await expect(world.instance(mine, 'db', 'shared', { externalID: spec.externalID! })).rejects.toThrow(/externalID/);

    // Past admission, as on a cluster without it: two objects come to have one id.
    const copy = await world.instance(mine, 'copy', 'shared', { externalID: 'an-id-of-mine' });
    await world.ready(SERVICE_INSTANCES, copy);
    expect([...broker.world.instances.keys()].sort()).toEqual([spec.externalID!, 'an-id-of-mine'].sort());
    await world.delete(SERVICE_INSTANCES, copy);
    await world.gone(SERVICE_INSTANCES, copy);
    expect([...broker.world.instances.keys()]).toEqual([spec.externalID!]);
  });
});

describe('a broker that hangs', () => {
  test('slows nobody else’s instances', async () => {
    const namespace = await world.namespace('slow');
    const slow = await world.broker('slow');
    await world.broker('brisk');
    slow.always('ProvisionInstance', { kind: 'hang' });
    for (let i = 0; i < 12; i += 1) await world.instance(namespace, `slow-${i}`, 'slow');
    await eventually('the slow broker to be asked', () => slow.requestsTo('ProvisionInstance').length >= 5);
    const quick = await world.instance(namespace, 'quick', 'brisk');
    await world.ready(SERVICE_INSTANCES, quick);
    expect(slow.world.instances.size).toBe(0);
    slow.always('ProvisionInstance', { kind: 'normal' });
    for (let i = 0; i < 12; i += 1) await world.ready(SERVICE_INSTANCES, { namespace, name: `slow-${i}` });
  });
});

describe('the budget of requests to the API server', () => {
  test('is ten to create an instance with a binding, and seven to delete them', async () => {
    const namespace = await world.namespace('budget');
    await world.broker('budget');
    // The client of the broker is there already, so its Secret is not part of the count.
    const settled = async (): Promise<number> => {
      let last = -1;
      return eventually('requests to end', async () => {
        const now = await requests(namespace);
        const same = now === last;
        last = now;
        return same ? now : undefined;
      });
    };
    await world.stopController();
    await world.startController({ resyncIntervalMs: 600_000 });
    await eventually('the controllers', async () => (await fetch(`${world.healthUrl}/readyz`)).status === 200);
    const before = await settled();
    const instance = await world.instance(namespace, 'db', 'budget');
    const binding = await world.binding(namespace, 'app', 'db');
    await world.ready(SERVICE_BINDINGS, binding);
    const created = await settled();
    expect(created - before).toBeLessThanOrEqual(10);
    await world.delete(SERVICE_INSTANCES, instance);
    await world.reason(SERVICE_INSTANCES, instance, 'DeprovisionBlockedByExistingCredentials');
    await world.delete(SERVICE_BINDINGS, binding);
    await world.gone(SERVICE_INSTANCES, instance);
    expect((await settled()) - created).toBeLessThanOrEqual(7);
  });
});

describe('an instance that fails and fails', () => {
  test('says how often, and when the next attempt is due', async () => {
    const namespace = await world.namespace('failing');
    const broker = await world.broker('failing');
    broker.always('ProvisionInstance', { kind: 'answer', status: 429, body: { description: 'later' } });
    const key = await world.instance(namespace, 'db', 'failing');
    const seen = await world.condition(SERVICE_INSTANCES, key, 'Ready', ({ message }) =>
      /attempt [3-9]\d* failed; next attempt at 20/.test(message),
    );
    expect(findCondition(seen.status, 'Ready')?.message).toContain('Description: later');
    expect(seen.status?.retry?.attempts).toBeGreaterThanOrEqual(3);
    // Each attempt has the same reason, so there is one Event.
    expect(await world.eventReasons(key)).toEqual(['ProvisionCallFailed']);
    broker.always('ProvisionInstance', { kind: 'normal' });
    await world.ready(SERVICE_INSTANCES, key);
  });
});
