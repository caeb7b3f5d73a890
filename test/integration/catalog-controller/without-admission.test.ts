import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findCondition } from '../../../lib/catalog/conditions.ts';
import {
  CLUSTER_SERVICE_BROKERS,
  FINALIZER,
  SERVICE_BINDINGS,
  SERVICE_INSTANCES,
} from '../../../lib/catalog/resources.ts';
import { SECRETS } from '../../../lib/kube/core-resources.ts';
import type { FakeBroker } from '../../support/fake-broker.ts';
import { ControllerWorld } from './support/controller-world.ts';

jest.setTimeout(60_000);

let world: ControllerWorld;
let broker: FakeBroker;
beforeAll(async () => {
  world = await ControllerWorld.startWithoutAdmission();
  broker = await world.broker('bare');
});
afterAll(() => world.stop());

describe('on a cluster without admission', () => {
  test('the controllers put in what admission would have', async () => {
    const namespace = await world.namespace('bare');
    const key = await world.instance(namespace, 'db', 'bare', { userInfo: { username: 'system:admin' } });
    const instance = await world.ready(SERVICE_INSTANCES, key);
    expect(instance.metadata.finalizers).toEqual([FINALIZER]);
    expect(instance.spec.externalID).toBe(instance.metadata.uid);
    expect(Object.keys(instance.metadata.labels ?? {}).sort()).toEqual([
      'servicecatalog.k8s.io/spec.clusterServiceClassRef.name',
      'servicecatalog.k8s.io/spec.clusterServicePlanRef.name',
    ]);
    const bound = await world.ready(SERVICE_BINDINGS, await world.binding(namespace, 'app', 'db'));
    expect(bound.spec).toMatchObject({ externalID: bound.metadata.uid, secretName: 'app' });
    const object = await world.kube.get(CLUSTER_SERVICE_BROKERS, { name: 'bare' });
    expect(object?.metadata.finalizers).toEqual([FINALIZER]);
  });

  test('what users write about themselves is not believed', async () => {
    const namespace = await world.namespace('liar');
    const key = await world.instance(namespace, 'db', 'bare', { userInfo: { username: 'system:admin' } });
    const { status } = await world.ready(SERVICE_INSTANCES, key);
    expect(status?.externalProperties?.userInfo).toBeUndefined();
    const sent = broker.requestsTo('ProvisionInstance').map(({ headers }) => headers);
    expect(sent.every((headers) => headers['x-broker-api-originating-identity'] === undefined)).toBe(true);
  });

  test('a binding gets no keys of Secrets in other namespaces', async () => {
    const [namespace, other] = [await world.namespace('thief'), await world.namespace('victim')];
    await world.kube.create(SECRETS, { metadata: { namespace: other, name: 'top' }, data: { secret: btoa('hidden') } });
    await world.instance(namespace, 'db', 'bare');
    const key = await world.binding(namespace, 'app', 'db', {
      secretTransforms: [{ addKeysFrom: { secretRef: { namespace: other, name: 'top' } } }],
    });
    const refused = await world.reason(SERVICE_BINDINGS, key, 'ErrorInjectingBindResult');
    expect(findCondition(refused.status, 'Ready')?.message).toContain('own namespace');
    expect(await world.secret(key)).toBeUndefined();
    await world.delete(SERVICE_BINDINGS, key);
    await world.gone(SERVICE_BINDINGS, key);
  });

  test('of two instances with one external id the second waits, and its deletion harms nobody', async () => {
    const namespace = await world.namespace('double');
    const first = await world.instance(namespace, 'first', 'bare', { externalID: 'one-id' });
    await world.ready(SERVICE_INSTANCES, first);
    const second = await world.instance(namespace, 'second', 'bare', { externalID: 'one-id' });
    const refused = await world.reason(SERVICE_INSTANCES, second, 'DuplicateExternalID');
    expect(findCondition(refused.status, 'Ready')?.message).toContain('double/first');
    await world.delete(SERVICE_INSTANCES, second);
    await world.gone(SERVICE_INSTANCES, second);
    expect(broker.world.instances.has('one-id')).toBe(true);

    const third = await world.instance(namespace, 'third', 'bare', { externalID: 'one-id' });
    await world.reason(SERVICE_INSTANCES, third, 'DuplicateExternalID');
    await world.delete(SERVICE_INSTANCES, first);
    await world.ready(SERVICE_INSTANCES, third);
  });

  test('an instance that takes the id of another while it is being deleted does not take its service with it', async () => {
    const namespace = await world.namespace('hijack');
    const victim = await world.ready(SERVICE_INSTANCES, await world.instance(namespace, 'victim', 'bare'));
    const bait = await world.instance(namespace, 'bait', 'bare');
    await world.ready(SERVICE_INSTANCES, bait);
    const binding = await world.binding(namespace, 'keep', 'bait');
    await world.ready(SERVICE_BINDINGS, binding);
    await world.delete(SERVICE_INSTANCES, bait);
    await world.reason(SERVICE_INSTANCES, bait, 'DeprovisionBlockedByExistingCredentials');
    const { externalID = '' } = victim.spec;
    await world.kube.patch(SERVICE_INSTANCES, bait, { type: 'merge', body: { spec: { externalID } } });
    await world.delete(SERVICE_BINDINGS, binding);
    const refused = await world.reason(SERVICE_INSTANCES, bait, 'DuplicateExternalID');
    expect(findCondition(refused.status, 'Ready')?.message).toContain('hijack/victim');
    expect(broker.world.instances.has(externalID)).toBe(true);
  });

  test('an instance whose id the user chose is not removed for a failed request', async () => {
    const namespace = await world.namespace('import');
    const deletions = broker.requestsTo('DeprovisionInstance').length;
    broker.next(
      'ProvisionInstance',
      { kind: 'answer', status: 500, alsoDo: true },
      { kind: 'answer', status: 502, body: { description: 'again' } },
    );
    const key = await world.instance(namespace, 'db', 'bare', { externalID: 'was-there-before' });
    const seen = await world.ready(SERVICE_INSTANCES, key);
    expect(broker.requestsTo('DeprovisionInstance')).toHaveLength(deletions);
    expect(findCondition(seen.status, 'OrphanMitigation')).toBeUndefined();
  });

  test('a plan that may not be changed is not changed', async () => {
    const namespace = await world.namespace('fixed');
    const fixed = await world.broker('fixed', { plan_updateable: false });
    const key = await world.instance(namespace, 'db', 'fixed');
    await world.ready(SERVICE_INSTANCES, key);
    const change = (plan: string): Promise<unknown> =>
      world.kube.patch(SERVICE_INSTANCES, key, {
        type: 'merge',
        body: { spec: { clusterServicePlanExternalName: plan } },
      });
    await change('large');
    await world.reason(SERVICE_INSTANCES, key, 'PlanChangeNotAllowed');
    expect(fixed.requestsTo('UpdateInstance')).toEqual([]);
    await change('small');
    await world.ready(SERVICE_INSTANCES, key);
  });
});
