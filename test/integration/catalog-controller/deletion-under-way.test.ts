import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../../lib/catalog/resources.ts';
import { ControllerWorld } from './support/controller-world.ts';

jest.setTimeout(60_000);

let world: ControllerWorld;
beforeAll(async () => {
  world = await ControllerWorld.start();
});
afterAll(() => world.stop());

describe('while an instance is being deleted', () => {
  test('its owner cannot have the service of somebody else deleted in its stead', async () => {
    const broker = await world.broker('first');
    const [good, evil] = [await world.namespace('good'), await world.namespace('evil')];
    const victim = await world.ready(SERVICE_INSTANCES, await world.instance(good, 'db', 'first'));
    const key = await world.instance(evil, 'bait', 'first');
    const bait = await world.ready(SERVICE_INSTANCES, key);
    const binding = await world.binding(evil, 'keep', 'bait');
    await world.ready(SERVICE_BINDINGS, binding);
    await world.delete(SERVICE_INSTANCES, key);
    await world.reason(SERVICE_INSTANCES, key, 'DeprovisionBlockedByExistingCredentials');

    const { externalID = '' } = victim.spec;
    const taking = world.kube.patch(SERVICE_INSTANCES, key, { type: 'merge', body: { spec: { externalID } } });
    await expect(taking).rejects.toThrow('spec.externalID: is immutable once set');
    await world.delete(SERVICE_BINDINGS, binding);
    await world.gone(SERVICE_INSTANCES, key);
    expect(broker.world.instances.has(externalID)).toBe(true);
    expect(broker.world.instances.has(bait.spec.externalID ?? '')).toBe(false);
  });

  test('its finalizer can be taken off when its class is gone', async () => {
    const namespace = await world.namespace('classless');
    const key = await world.instance(namespace, 'db', 'nobody');
    await world.reason(SERVICE_INSTANCES, key, 'ReferencesNonexistentServiceClass');
    await world.stopController();
    await world.delete(SERVICE_INSTANCES, key);
    await world.kube.patch(SERVICE_INSTANCES, key, { type: 'merge', body: { metadata: { finalizers: [] } } });
    await world.gone(SERVICE_INSTANCES, key);
  });
});
