import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findCondition, isTrue } from '../../../lib/catalog/conditions.ts';
import {
  CLUSTER_SERVICE_BROKERS,
  CLUSTER_SERVICE_CLASSES,
  CLUSTER_SERVICE_PLANS,
  SERVICE_BINDINGS,
  SERVICE_BROKERS,
  SERVICE_CLASSES,
  SERVICE_INSTANCES,
} from '../../../lib/catalog/resources.ts';
import { NAMESPACES, SECRETS } from '../../../lib/kube/core-resources.ts';
import type { Behaviour } from '../../support/fake-broker.ts';
import { FakeBroker } from '../../support/fake-broker.ts';
import { eventually } from '../../support/wait.ts';
import { ControllerWorld } from './support/controller-world.ts';

jest.setTimeout(60_000);

let world: ControllerWorld;
beforeAll(async () => {
  world = await ControllerWorld.start();
});
afterAll(() => world.stop());

describe('a broker that does not give its catalog', () => {
  test.each<[string, string, Behaviour]>([
    ['answers 500', 'five', { kind: 'answer', status: 500, body: { description: 'down' } }],
    ['hangs', 'hangs', { kind: 'hang' }],
    ['answers HTML', 'html', { kind: 'html' }],
    ['redirects', 'moved', { kind: 'redirect', location: 'http://127.0.0.1:1/v2/catalog' }],
    ['sends 100 MB', 'flood', { kind: 'flood', bytes: 100e6 }],
    ['sends a catalog that is none', 'none', { kind: 'answer', status: 200, body: { services: 'many' } }],
  ])('%s: says so, and is Ready when that is over', async (_what, name, behaviour) => {
    const broker = await world.fakeBroker(name);
    broker.always('GetCatalog', behaviour);
    await world.register(name, broker.url);
    const object = await world.reason(CLUSTER_SERVICE_BROKERS, { name }, 'ErrorFetchingCatalog');
    expect(findCondition(object.status, 'Ready')?.message).toMatch(/next attempt at/);
    broker.always('GetCatalog', { kind: 'normal' });
    await world.ready(CLUSTER_SERVICE_BROKERS, { name });
  });

  test('never answers: its deletion, or another URL, waits for nothing', async () => {
    const patient = await ControllerWorld.start({ osbApiRequestTimeoutMs: 600_000 });
    try {
      const hanging = await patient.fakeBroker('asleep');
      hanging.always('GetCatalog', { kind: 'hang' });
      const awake = await patient.fakeBroker('awake');
      for (const name of ['asleep', 'moving']) await patient.register(name, hanging.url);
      await eventually('both requests', () => hanging.requestsTo('GetCatalog').length === 2);
      await patient.reason(CLUSTER_SERVICE_BROKERS, { name: 'asleep' }, 'FetchingCatalog');
      await patient.delete(CLUSTER_SERVICE_BROKERS, { name: 'asleep' });
      await patient.gone(CLUSTER_SERVICE_BROKERS, { name: 'asleep' });
      const body = { spec: { url: awake.url } };
      await patient.kube.patch(CLUSTER_SERVICE_BROKERS, { name: 'moving' }, { type: 'merge', body });
      await patient.ready(CLUSTER_SERVICE_BROKERS, { name: 'moving' });
    } finally {
      await patient.stop();
    }
  });

  test('refuses connections: says so, and is Ready when it listens', async () => {
    const broker = await world.fakeBroker('refuses');
    await broker.stop();
    await world.register('refuses', broker.url);
    await world.reason(CLUSTER_SERVICE_BROKERS, { name: 'refuses' }, 'ErrorFetchingCatalog');
    await broker.start();
    await world.ready(CLUSTER_SERVICE_BROKERS, { name: 'refuses' });
  });

  test('wants credentials: waits for their Secret, and takes new ones when they change', async () => {
    const namespace = await world.namespace('credentials');
    const broker = new FakeBroker({ auth: { username: 'u', password: 'right-password' } });
    await broker.start();
    const key = { namespace, name: 'auth' };
    const secret = (password: string) => ({
      metadata: key,
      data: { username: btoa('u'), password: btoa(password) },
    });
    await world.register('locked', broker.url, { authInfo: { basic: { secretRef: key } } });
    const waiting = await world.reason(CLUSTER_SERVICE_BROKERS, { name: 'locked' }, 'ErrorFetchingCatalog');
    expect(findCondition(waiting.status, 'Ready')?.message).toContain('Secret credentials/auth');
    await world.kube.create(SECRETS, secret('wrong-password'));
    await world.condition(CLUSTER_SERVICE_BROKERS, { name: 'locked' }, 'Ready', ({ message }) =>
      message.includes('Status: 401'),
    );
    await world.kube.replace(SECRETS, secret('right-password'));
    const object = await world.ready(CLUSTER_SERVICE_BROKERS, { name: 'locked' });
    expect(JSON.stringify(object)).not.toMatch(/right-password|wrong-password/);
    await world.delete(CLUSTER_SERVICE_BROKERS, { name: 'locked' });
    await broker.stop();
  });
});

describe('a catalog', () => {
  test('that changes is read again on demand, and what is gone from it goes when nobody uses it', async () => {
    const namespace = await world.namespace('changes');
    const broker = await world.broker('changes');
    const key = await world.instance(namespace, 'db', 'changes');
    await world.ready(SERVICE_INSTANCES, key);
    const [service] = broker.catalog.services;
    broker.catalog = {
      services: [
        {
          ...service!,
          description: 'A better description.',
          plans: [
            { ...service!.plans[1]! },
            { id: 'changes-huge-id', name: 'huge', description: 'A new plan.', free: false },
          ],
        },
      ],
    };
    await world.kube.patch(
      CLUSTER_SERVICE_BROKERS,
      { name: 'changes' },
      { type: 'merge', body: { spec: { relistRequests: 1 } } },
    );
    const small = await eventually('plan small to be marked', async () => {
      const plan = await world.kube.get(CLUSTER_SERVICE_PLANS, { name: 'changes-small-id' });
      return plan?.status?.removedFromBrokerCatalog === true ? plan : undefined;
    });
    expect(small.spec.clusterServiceBrokerName).toBe('changes');
    expect(await world.kube.get(CLUSTER_SERVICE_PLANS, { name: 'changes-huge-id' })).toBeDefined();
    expect((await world.kube.get(CLUSTER_SERVICE_CLASSES, { name: 'changes-service-id' }))?.spec.description).toBe(
      'A better description.',
    );

    const late = await world.instance(namespace, 'late', 'changes');
    await world.reason(SERVICE_INSTANCES, late, 'ReferencesDeletedServicePlan');
    // What it has may still be changed, but for the plan.
    await world.kube.patch(SERVICE_INSTANCES, key, { type: 'merge', body: { spec: { parameters: { size: 1 } } } });
    await world.reason(SERVICE_INSTANCES, key, 'InstanceUpdatedSuccessfully');

    await world.delete(SERVICE_INSTANCES, late);
    await world.delete(SERVICE_INSTANCES, key);
    await world.gone(CLUSTER_SERVICE_PLANS, { name: 'changes-small-id' });
  });

  test('of another broker with the same ids is refused, and published when the other is gone', async () => {
    const first = await world.broker('twin');
    await world.register('twin-two', first.url);
    const second = await world.reason(CLUSTER_SERVICE_BROKERS, { name: 'twin-two' }, 'ErrorSyncingCatalog');
    expect(findCondition(second.status, 'Ready')?.message).toContain('already exists for Broker twin');
    expect(isTrue((await world.kube.get(CLUSTER_SERVICE_BROKERS, { name: 'twin' }))?.status, 'Ready')).toBe(true);
    await world.delete(CLUSTER_SERVICE_BROKERS, { name: 'twin' });
    await world.ready(CLUSTER_SERVICE_BROKERS, { name: 'twin-two' });
  });

  test('is offered as far as the restrictions of the broker say', async () => {
    const broker = await world.fakeBroker('narrow');
    await world.register('narrow', broker.url, {
      catalogRestrictions: { servicePlan: ['spec.externalName in (large)'] },
    });
    await world.ready(CLUSTER_SERVICE_BROKERS, { name: 'narrow' });
    const { items } = await world.kube.list(CLUSTER_SERVICE_PLANS);
    expect(
      items.filter(({ spec }) => spec.clusterServiceBrokerName === 'narrow').map(({ spec }) => spec.externalName),
    ).toEqual(['large']);
  });
});

describe('a broker that is deleted', () => {
  test('waits for its instances, says which, and goes after them', async () => {
    const namespace = await world.namespace('held');
    const broker = await world.broker('held');
    const instance = await world.instance(namespace, 'db', 'held');
    const binding = await world.binding(namespace, 'app', 'db');
    await world.ready(SERVICE_BINDINGS, binding);
    await world.delete(CLUSTER_SERVICE_BROKERS, { name: 'held' });
    const blocked = await world.reason(CLUSTER_SERVICE_BROKERS, { name: 'held' }, 'DeletionBlockedByExistingInstances');
    expect(findCondition(blocked.status, 'Ready')?.message).toContain('held/db');

    const late = await world.instance(namespace, 'late', 'held');
    await world.reason(SERVICE_INSTANCES, late, 'ReferencesNonexistentBroker');
    await world.delete(SERVICE_INSTANCES, late);

    await world.delete(SERVICE_INSTANCES, instance);
    await world.delete(SERVICE_BINDINGS, binding);
    await world.gone(CLUSTER_SERVICE_BROKERS, { name: 'held' });
    expect(broker.world.instances.size).toBe(0);
    expect(broker.world.violations).toEqual([]);
    await world.classGone('held-service');
  });

  test.each([
    ['namespace, broker', ['namespace', 'broker']],
    ['broker, namespace', ['broker', 'namespace']],
    ['instance, namespace, broker', ['instance', 'namespace', 'broker']],
    ['instance, broker, binding', ['instance', 'broker', 'binding']],
    ['binding, broker, instance', ['binding', 'broker', 'instance']],
  ])('in the order %s leaves nothing', async (name, order) => {
    const id = name.replace(/\W+/g, '-');
    const namespace = await world.namespace(id);
    const broker = await world.broker(id);
    const instance = await world.instance(namespace, 'db', id);
    const binding = await world.binding(namespace, 'app', 'db');
    await world.ready(SERVICE_BINDINGS, binding);
    for (const what of order) {
      if (what === 'namespace') await world.delete(NAMESPACES, { name: namespace });
      if (what === 'broker') await world.delete(CLUSTER_SERVICE_BROKERS, { name: id });
      if (what === 'instance') await world.delete(SERVICE_INSTANCES, instance);
      if (what === 'binding') await world.delete(SERVICE_BINDINGS, binding);
    }
    await world.gone(CLUSTER_SERVICE_BROKERS, { name: id });
    await world.gone(SERVICE_INSTANCES, instance);
    await world.gone(SERVICE_BINDINGS, binding);
    expect([...broker.world.instances.keys(), ...broker.world.bindings.keys()]).toEqual([]);
    expect(broker.world.violations).toEqual([]);
    expect(await world.secret(binding)).toBeUndefined();
  });
});

describe('brokers, classes and plans of a namespace', () => {
  test('go with their namespace, the Secret with the credentials for the broker included', async () => {
    const namespace = await world.namespace('whole');
    const broker = new FakeBroker({ auth: { bearer: 'a-token-of-the-namespace' } });
    await broker.start();
    await world.kube.create(SECRETS, {
      metadata: { namespace, name: 'auth' },
      data: { token: btoa('a-token-of-the-namespace') },
    });
    const key = { namespace, name: 'whole' };
    await world.kube.create(SERVICE_BROKERS, {
      metadata: key,
      spec: { url: broker.url, authInfo: { bearer: { secretRef: { name: 'auth' } } } },
    });
    await world.ready(SERVICE_BROKERS, key);
    const instance = { namespace, name: 'db' };
    await world.kube.create(SERVICE_INSTANCES, {
      metadata: instance,
      spec: { serviceClassExternalName: 'fake-service', servicePlanExternalName: 'small' },
    });
    await world.ready(SERVICE_BINDINGS, await world.binding(namespace, 'app', 'db'));
    await world.delete(NAMESPACES, { name: namespace });
    await world.gone(NAMESPACES, { name: namespace });
    expect([...broker.world.instances.keys(), ...broker.world.bindings.keys()]).toEqual([]);
    await broker.stop();
  });

  test('work like those of the cluster, plan change included', async () => {
    const namespace = await world.namespace('own');
    const broker = await world.fakeBroker('own');
    const key = { namespace, name: 'own' };
    await world.kube.create(SERVICE_BROKERS, { metadata: key, spec: { url: broker.url } });
    await world.ready(SERVICE_BROKERS, key);
    const instance = { namespace, name: 'db' };
    await world.kube.create(SERVICE_INSTANCES, {
      metadata: instance,
      spec: { serviceClassExternalName: 'own-service', servicePlanExternalName: 'small' },
    });
    const binding = await world.binding(namespace, 'app', 'db');
    await world.ready(SERVICE_BINDINGS, binding);
    await world.kube.patch(SERVICE_INSTANCES, instance, {
      type: 'merge',
      body: { spec: { servicePlanExternalName: 'large' } },
    });
    const updated = await world.reason(SERVICE_INSTANCES, instance, 'InstanceUpdatedSuccessfully');
    expect(updated.status?.externalProperties?.servicePlanExternalID).toBe('own-large-id');
    expect(broker.requestsTo('UpdateInstance')[0]?.body).toMatchObject({
      previous_values: { plan_id: 'own-small-id' },
    });
    await world.delete(NAMESPACES, { name: namespace });
    await world.gone(SERVICE_BROKERS, key);
    await world.gone(NAMESPACES, { name: namespace });
    expect(broker.world.instances.size).toBe(0);
    expect((await world.kube.list(SERVICE_CLASSES)).items).toEqual([]);
  });
});
