import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  CLUSTER_SERVICE_BROKERS,
  CLUSTER_SERVICE_CLASSES,
  CLUSTER_SERVICE_PLANS,
  SERVICE_BINDINGS,
  SERVICE_INSTANCES,
} from '../../../lib/catalog/resources.ts';
import { CONFIG_MAPS, NAMESPACES, SECRETS } from '../../../lib/kube/core-resources.ts';
import { ControllerWorld } from './support/controller-world.ts';

jest.setTimeout(60_000);

let world: ControllerWorld;
beforeAll(async () => {
  world = await ControllerWorld.start();
});
afterAll(() => world.stop());

describe('an instance and a binding applied together', () => {
  test('end as a Secret, and go without leaving anything', async () => {
    const broker = await world.broker('first');
    const namespace = await world.namespace('first');
    const binding = await world.binding(namespace, 'app', 'db', { secretName: 'credentials' });
    const instance = await world.instance(namespace, 'db', 'first', { parameters: { size: 1 } });

    const bound = await world.ready(SERVICE_BINDINGS, binding);
    const provisioned = await world.ready(SERVICE_INSTANCES, instance);
    const { externalID } = provisioned.spec;

    expect(provisioned.spec.externalID).toBe(provisioned.metadata.uid);
    expect(provisioned.spec.clusterServiceClassRef?.name).toBe('first-service-id');
    expect(provisioned.status).toMatchObject({
      provisionStatus: 'Provisioned',
      deprovisionStatus: 'Required',
      currentOperation: '',
      userSpecifiedClassName: 'ClusterServiceClass/first-service',
      userSpecifiedPlanName: 'small',
      lastConditionState: 'Ready',
      externalProperties: {
        clusterServicePlanExternalName: 'small',
        clusterServicePlanExternalID: 'first-small-id',
        parameters: { size: 1 },
      },
    });
    expect(provisioned.status?.observedGeneration).toBe(provisioned.metadata.generation);
    expect(provisioned.status?.conditions).toEqual([
      expect.objectContaining({ type: 'Ready', status: 'True', reason: 'ProvisionedSuccessfully' }),
    ]);
    expect(bound.status).toMatchObject({ unbindStatus: 'Required', currentOperation: '' });
    expect(bound.status?.reconciledGeneration).toBe(bound.metadata.generation);
    expect(await world.secret({ namespace, name: 'credentials' })).toEqual(
      broker.world.bindings.get(bound.spec.externalID!)?.credentials,
    );
    const secret = await world.kube.get(SECRETS, { namespace, name: 'credentials' });
    expect(secret?.metadata.ownerReferences).toEqual([
      expect.objectContaining({ kind: 'ServiceBinding', uid: bound.metadata.uid, controller: true }),
    ]);
    expect(broker.requestsTo('ProvisionInstance')).toHaveLength(1);
    expect(broker.requestsTo('Bind')).toHaveLength(1);
    expect(broker.requestsTo('ProvisionInstance')[0]?.body).toMatchObject({
      service_id: 'first-service-id',
      plan_id: 'first-small-id',
      parameters: { size: 1 },
      context: { platform: 'kubernetes', namespace, instance_name: 'db' },
    });
    expect(broker.requestsTo('ProvisionInstance')[0]?.headers['x-broker-api-originating-identity']).toMatch(
      /^kubernetes /,
    );
    expect(broker.world.instances.has(externalID!)).toBe(true);

    await world.delete(SERVICE_INSTANCES, instance);
    await world.reason(SERVICE_INSTANCES, instance, 'DeprovisionBlockedByExistingCredentials');
    await world.delete(SERVICE_BINDINGS, binding);
    await world.gone(SERVICE_INSTANCES, instance);
    await world.gone(SERVICE_BINDINGS, binding);
    expect(broker.world.instances.size).toBe(0);
    expect(broker.world.bindings.size).toBe(0);
    expect(broker.world.violations).toEqual([]);
    // Deletions have no body that could say whose they are.
    for (const route of ['Unbind', 'DeprovisionInstance'] as const) {
      const place = broker.requestsTo(route)[0]?.headers['x-service-catalog-context'] as string;
      expect(JSON.parse(Buffer.from(place, 'base64').toString())).toMatchObject({ namespace });
    }
    expect(await world.secret({ namespace, name: 'credentials' })).toBeUndefined();

    await world.delete(CLUSTER_SERVICE_BROKERS, { name: 'first' });
    await world.gone(CLUSTER_SERVICE_BROKERS, { name: 'first' });
    expect((await world.kube.list(CLUSTER_SERVICE_CLASSES)).items).toEqual([]);
    expect((await world.kube.list(CLUSTER_SERVICE_PLANS)).items).toEqual([]);
  });
});

test('brokers know the cluster by the uid of kube-system, which is written down', async () => {
  const { uid } = (await world.kube.get(NAMESPACES, { name: 'kube-system' }))!.metadata;
  const written = await world.kube.get(CONFIG_MAPS, { namespace: 'default', name: 'cluster-info' });
  expect(written?.data).toEqual({ id: uid });
});
