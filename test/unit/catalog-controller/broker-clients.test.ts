import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { BrokerClients } from '../../../catalog-controller/broker-clients.ts';
import { CLUSTER_SCOPE } from '../../../lib/catalog/scope.ts';
import type { ClusterServiceBroker } from '../../../lib/catalog/types.generated.ts';
import type { KubeObject } from '../../../lib/kube/objects.ts';
import type { OsbClient } from '../../../lib/osb/client-contract.ts';

const signal = new AbortController().signal;
const KEY = { name: 'broker' };

/** One broker object and one Secret, and how often the Secret was read. */
class Setting {
  now = 0;
  reads = 0;
  /** What happens while a Secret is being read. */
  meanwhile = (): void => undefined;
  secret: Record<string, string> | undefined = { username: btoa('u'), password: btoa('p') };
  broker: ClusterServiceBroker | undefined = {
    metadata: { name: 'broker' },
    spec: {
      url: 'http://broker.example',
      authInfo: { basic: { secretRef: { namespace: 'ns', name: 'auth' } } },
    },
  };
  readonly clients = new BrokerClients({
    kube: {
      get: async <T extends KubeObject>(): Promise<T | undefined> => {
        this.reads += 1;
        this.meanwhile();
        return this.secret === undefined ? undefined : ({ metadata: {}, data: this.secret } as unknown as T);
      },
    },
    caches: {
      scopes: { cluster: { brokers: { get: () => this.broker } }, namespace: {} },
    } as unknown as ConstructorParameters<typeof BrokerClients>[0]['caches'],
    timeoutMs: 1_000,
    connect: {},
    now: () => this.now,
    onCall: () => undefined,
  });

  async client(): Promise<OsbClient | string> {
    const found = await this.clients.clientFor(CLUSTER_SCOPE, KEY, signal);
    return found.ok ? found.client : found.message;
  }
}

const settings: Setting[] = [];
const setting = (): Setting => {
  const made = new Setting();
  settings.push(made);
  return made;
};
afterEach(async () => {
  for (const { clients } of settings.splice(0)) await clients.close();
});

describe('the client of a broker', () => {
  test('is kept, and its Secret read once a minute', async () => {
    const world = setting();
    const first = await world.client();
    expect(await world.client()).toBe(first);
    expect(world.reads).toBe(1);
    world.now = 60_000;
    expect(await world.client()).toBe(first);
    expect(world.reads).toBe(2);
  });

  test('is another one when the spec or the credentials change', async () => {
    const world = setting();
    const first = await world.client();
    world.broker = { ...world.broker!, spec: { ...world.broker!.spec, url: 'http://other.example' } };
    const second = await world.client();
    expect(second).not.toBe(first);
    world.now = 60_000;
    world.secret = { username: btoa('u'), password: btoa('new') };
    expect(await world.client()).not.toBe(second);
  });

  test('is missed with a sentence that says what to do, and without the password', async () => {
    const world = setting();
    world.secret = { username: btoa('u') };
    expect(await world.client()).toBe('Secret ns/auth must have the keys username and password');
    world.secret = undefined;
    expect(await world.client()).toBe('Secret ns/auth, which authInfo names, does not exist');
    world.broker = { ...world.broker!, spec: { url: 'http://user:hidden@broker.example' } };
    expect(await world.client()).not.toContain('hidden');
    world.broker = undefined;
    expect(await world.client()).toBe('there is no ClusterServiceBroker broker; register it again');
  });

  test('stays when the Secret goes before a broker that is being deleted', async () => {
    const world = setting();
    const first = await world.client();
    world.now = 60_000;
    world.secret = undefined;
    expect(await world.client()).toMatch(/does not exist/);
    world.broker = { ...world.broker!, metadata: { name: 'broker', deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(await world.client()).toBe(first);
  });

  test('is made anew after a 401, and the call repeated when the credentials were changed', async () => {
    const world = setting();
    await world.client();
    const asked: OsbClient[] = [];
    const ask = (client: OsbClient): Promise<{ kind: 'rejected'; status: number }> => {
      asked.push(client);
      return Promise.resolve({ kind: 'rejected', status: 401 });
    };
    await world.clients.call(CLUSTER_SCOPE, KEY, ask, signal);
    expect(asked).toHaveLength(1);
    world.secret = { username: btoa('u'), password: btoa('new') };
    await world.clients.call(CLUSTER_SCOPE, KEY, ask, signal);
    expect(asked).toHaveLength(3);
    expect(asked[2]).not.toBe(asked[1]);
  });

  test('is closed and not kept when the broker is gone', async () => {
    const world = setting();
    const first = (await world.client()) as OsbClient;
    const closed = jest.spyOn(first, 'close');
    world.broker = undefined;
    await world.clients.forget(CLUSTER_SCOPE, KEY);
    expect(closed).toHaveBeenCalledTimes(1);
    world.broker = setting().broker;
    expect(await world.client()).not.toBe(first);
  });

  test('is not made for a broker that goes while its Secret is being read', async () => {
    const world = setting();
    world.meanwhile = () => (world.broker = undefined);
    expect(await world.client()).toBe('there is no ClusterServiceBroker broker; register it again');
  });
});
