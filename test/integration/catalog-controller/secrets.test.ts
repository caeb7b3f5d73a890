import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../../lib/catalog/resources.ts';
import { SECRETS } from '../../../lib/kube/core-resources.ts';
import type { FakeBroker } from '../../support/fake-broker.ts';
import { eventually } from '../../support/wait.ts';
import { ControllerWorld } from './support/controller-world.ts';

jest.setTimeout(60_000);

let world: ControllerWorld;
let retrieving: FakeBroker;
let plain: FakeBroker;
let namespace: string;
beforeAll(async () => {
  world = await ControllerWorld.start();
  retrieving = await world.broker('retrieving');
  plain = await world.broker('plain', { bindings_retrievable: false });
  namespace = await world.namespace('secrets');
  await world.instance(namespace, 'retrieving', 'retrieving');
  await world.instance(namespace, 'plain', 'plain');
});
afterAll(() => world.stop());

const brokers = (): Record<string, FakeBroker> => ({ retrieving, plain });

describe.each(['retrieving', 'plain'])('the Secret of a binding of a broker that is %s', (kind) => {
  test('is written again when it is deleted or changed by hand', async () => {
    const key = await world.binding(namespace, `restored-${kind}`, kind);
    const { spec } = await world.ready(SERVICE_BINDINGS, key);
    const credentials = brokers()[kind]!.world.bindings.get(spec.externalID!)?.credentials;
    const isRestored = async (): Promise<boolean> =>
      JSON.stringify(await world.secret(key)) === JSON.stringify(credentials);

    await world.kube.delete(SECRETS, key);
    await eventually('the Secret to be back', isRestored);
    const altered = { data: { password: btoa('mine') } };
    await world.kube.patch(SECRETS, key, { type: 'merge', body: altered });
    await eventually('the Secret to be as it was', isRestored);
    expect(await world.eventReasons(key)).toContain('SecretRestored');
    expect(brokers()[kind]!.world.made.bindings).toBe(1);
  });
});

describe('a Secret that was ours', () => {
  test('is left alone when somebody has made it his own before the binding goes', async () => {
    const key = await world.binding(namespace, 'taken', 'plain');
    await world.ready(SERVICE_BINDINGS, key);
    const data = await world.secret(key);
    await world.kube.patch(SECRETS, key, { type: 'merge', body: { metadata: { ownerReferences: null } } });
    await world.delete(SERVICE_BINDINGS, key);
    await world.gone(SERVICE_BINDINGS, key);
    expect(await world.secret(key)).toEqual(data);
  });
});

describe('a Secret of that name that is not ours', () => {
  test('is left alone, even when the binding goes, and the binding recovers when it is gone', async () => {
    const foreign = { namespace, name: 'foreign' };
    await world.kube.create(SECRETS, { metadata: foreign, data: { theirs: btoa('theirs') } });
    const key = await world.binding(namespace, 'blocked', 'plain', { secretName: 'foreign' });
    const binds = plain.requestsTo('Bind').length;
    await world.reason(SERVICE_BINDINGS, key, 'ErrorInjectingBindResult');
    expect(plain.requestsTo('Bind')).toHaveLength(binds);
    expect(await world.secret(foreign)).toEqual({ theirs: 'theirs' });

    await world.delete(SERVICE_BINDINGS, key);
    await world.gone(SERVICE_BINDINGS, key);
    expect(await world.secret(foreign)).toEqual({ theirs: 'theirs' });

    const again = await world.binding(namespace, 'blocked', 'plain', { secretName: 'foreign' });
    await world.reason(SERVICE_BINDINGS, again, 'ErrorInjectingBindResult');
    await world.kube.delete(SECRETS, foreign);
    await world.ready(SERVICE_BINDINGS, again);
    expect(await world.secret(foreign)).toHaveProperty('password');
  });

  test('that takes the place of ours is reported, and ours comes back when it is gone', async () => {
    const key = await world.binding(namespace, 'replaced', 'plain');
    await world.ready(SERVICE_BINDINGS, key);
    await world.kube.delete(SECRETS, key);
    await world.kube
      .create(SECRETS, { metadata: key, data: { theirs: btoa('theirs') } })
      // Ours was back first: then there is nothing to test in this half.
      .catch(() => undefined);
    if ((await world.secret(key))?.['theirs'] !== undefined) {
      await world.reason(SERVICE_BINDINGS, key, 'ErrorInjectingBindResult');
      await world.kube.delete(SECRETS, key);
    }
    await eventually('our Secret', async () => (await world.secret(key))?.['password'] !== undefined);
    await world.ready(SERVICE_BINDINGS, key);
  });
});

describe('what a binding takes from Secrets', () => {
  test('transforms the credentials, and waits for a Secret that is missing', async () => {
    const key = await world.binding(namespace, 'transformed', 'plain', {
      secretTransforms: [
        { renameKey: { from: 'username', to: 'USER' } },
        { addKey: { key: 'greeting', stringValue: 'hello' } },
        { addKeysFrom: { secretRef: { namespace, name: 'more' } } },
        { removeKey: { key: 'uri' } },
      ],
    });
    await world.reason(SERVICE_BINDINGS, key, 'ErrorInjectingBindResult');
    await world.kube.create(SECRETS, { metadata: { namespace, name: 'more' }, data: { extra: btoa('value') } });
    await world.ready(SERVICE_BINDINGS, key);
    expect(Object.keys((await world.secret(key)) ?? {}).sort()).toEqual(['USER', 'extra', 'greeting', 'password']);
  });

  test('parameters of an instance come from Secrets, are shown redacted and are waited for', async () => {
    const key = await world.instance(namespace, 'parameters', 'plain', {
      parameters: { size: 1 },
      parametersFrom: [{ secretKeyRef: { name: 'parameters', key: 'json' } }],
    });
    await world.reason(SERVICE_INSTANCES, key, 'ErrorWithParameters');
    await world.kube.create(SECRETS, {
      metadata: { namespace, name: 'parameters' },
      data: { json: btoa('{"admin":"from-a-secret"}') },
    });
    const { spec, status } = await world.ready(SERVICE_INSTANCES, key);
    expect(plain.world.instances.get(spec.externalID!)?.parameters).toEqual({ size: 1, admin: 'from-a-secret' });
    expect(status?.externalProperties?.parameters).toEqual({ size: 1, admin: '<redacted>' });
    expect(status?.externalProperties?.parameterChecksum).toMatch(/^[0-9a-f]{64}$/);
  });
});
