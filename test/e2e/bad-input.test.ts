import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { census } from '../support/census.ts';
import { Cluster, conditionOf } from '../support/cluster.ts';
import type { Behaviour } from '../support/fake-broker.ts';
import { FakeBroker } from '../support/fake-broker.ts';
import { aFakeCatalog } from '../support/fake-broker-world.ts';
import { describeWithKubectl, Kubectl } from '../support/kubectl.ts';
import { binding, clusterBroker, instance, namespace } from '../support/manifests.ts';
import type { Stack } from '../support/shared-stack.ts';
import { sharedStack, tenantServers } from '../support/shared-stack.ts';
import { eventually } from '../support/wait.ts';

const NAMESPACE = 'bad-input-test';

describeWithKubectl('bad input', () => {
  let stack: Stack;
  let kubectl: Kubectl;
  let cluster: Cluster;
  let before: Awaited<ReturnType<typeof census>>;
  const manifest = (
    name: string,
    more: { className?: string; plan?: string; parameters?: Record<string, unknown> } = {},
  ): string => instance({ namespace: NAMESPACE, name, ...more });

  beforeAll(async () => {
    stack = await sharedStack();
    kubectl = new Kubectl(stack.kubeconfig);
    cluster = new Cluster(kubectl, NAMESPACE);
    await kubectl.apply(namespace(NAMESPACE));
    before = await census(tenantServers(stack));
  });
  afterAll(async () => {
    await cluster.leave();
    // Whatever was tried, nothing of it stays on a server.
    expect(await census(tenantServers(stack))).toEqual(before);
  });

  describe('is refused when it is applied', () => {
    test.each([
      ['storageGB 0', { storageGB: 0 }, /storageGB/],
      ['storageGB -1', { storageGB: -1 }, /storageGB/],
      ['storageGB 1e9', { storageGB: 1e9 }, /storageGB/],
      ['storageGB as text', { storageGB: '20' }, /storageGB/],
      ['an unknown parameter', { colour: 'red' }, /colour/],
      ['an unknown version', { version: '1.0' }, /version/],
      ['a version that is a number', { version: 5.7 }, /quote/i],
    ])('%s', async (_what, parameters, words) => {
      const ended = await kubectl.try(['apply', '-f', '-'], manifest('refused', { parameters }));
      if (ended.code !== 0) {
        expect(ended.stderr).toMatch(words);
        return;
      }
      // What the plan's schema cannot say, the broker does; then the condition tells it.
      const seen = await cluster.untilCondition('serviceinstance', 'refused', 'Failed', (one) => one.status === 'True');
      expect(conditionOf(seen, 'Failed').message).toMatch(words);
      await kubectl.run(['-n', NAMESPACE, 'delete', 'serviceinstance', 'refused', '--timeout=60s']);
    });

    test('a megabyte and more of parameters', async () => {
      const parameters = { storageGB: 1, padding: 'x'.repeat(1_100_000) };
      const ended = await kubectl.try(['create', '-f', '-'], manifest('huge', { parameters }));
      expect(ended.code).not.toBe(0);
    });

    test('malformed JSON, and a kind that does not exist', async () => {
      expect((await kubectl.try(['apply', '-f', '-'], '{"kind":')).code).not.toBe(0);
      const unknown = manifest('x').replace('ServiceInstance', 'ServiceInstances');
      expect((await kubectl.try(['apply', '-f', '-'], unknown)).stderr).toMatch(/no matches for kind/);
    });

    test('a name that is no name, and one that is too long', async () => {
      for (const name of ['Upper', 'with/slash', 'ünïcode', "x'; drop table--", 'x'.repeat(254)]) {
        expect((await kubectl.try(['create', '-f', '-'], manifest(name))).code).not.toBe(0);
      }
    });

    test("a neighbour's id", async () => {
      const neighbour = new Cluster(kubectl, 'test-ns');
      const externalID = (await neighbour.find('serviceinstance', 'my-pg-instance'))!.spec['externalID'] as string;
      const thief = JSON.parse(manifest('thief')) as { spec: Record<string, unknown> };
      thief.spec['externalID'] = externalID;
      const ended = await kubectl.try(['apply', '-f', '-'], JSON.stringify(thief));
      if (ended.code === 0) {
        const seen = await cluster.untilCondition(
          'serviceinstance',
          'thief',
          'Ready',
          (one) => one.status === 'False' && one.reason !== 'ProvisionRequestInFlight',
        );
        expect(conditionOf(seen, 'Ready').message).toMatch(/externalID|external id/i);
        await kubectl.run(['-n', NAMESPACE, 'delete', 'serviceinstance', 'thief', '--timeout=60s']);
      }
      // The neighbour has lost nothing.
      expect(conditionOf((await neighbour.find('serviceinstance', 'my-pg-instance'))!, 'Ready').status).toBe('True');
      expect(await neighbour.secret('my-pg-credentials')).toBeDefined();
    });
  });

  test('names of 63 characters and more work, up to what Kubernetes allows', async () => {
    const names = [63, 64, 65, 253].map((length) => 'n'.repeat(length));
    await kubectl.apply(names.map((name) => manifest(name)).join('\n'));
    await kubectl.apply(names.map((name) => binding({ namespace: NAMESPACE, name, instance: name })).join('\n'));
    for (const name of names) await cluster.untilReady('servicebinding', name);
    const all = names.flatMap((name) => [`servicebinding/${name}`, `serviceinstance/${name}`]);
    await kubectl.run(['-n', NAMESPACE, 'delete', ...all, '--timeout=60s']);
  });

  test('a plan that does not exist is named, and correcting it is enough', async () => {
    await kubectl.apply(manifest('wrong-plan', { plan: 'gigantic' }));
    const seen = await cluster.untilReason('serviceinstance', 'wrong-plan', 'ReferencesNonexistentServicePlan');
    expect(conditionOf(seen, 'Ready').message).toContain('gigantic');
    await kubectl.apply(manifest('wrong-plan', { plan: 'small' }));
    await cluster.untilReady('serviceinstance', 'wrong-plan');
  });

  test('an instance waits for a class that does not exist yet, and for its broker', async () => {
    await kubectl.apply(manifest('early', { className: 'fake-service', plan: 'small' }));
    await kubectl.apply(binding({ namespace: NAMESPACE, name: 'early', instance: 'early' }));
    await cluster.untilReason('serviceinstance', 'early', 'ReferencesNonexistentServiceClass');
    const catalog = aFakeCatalog();
    const [service] = catalog.services;
    service!.name = 'fake-service';
    service!.plans[0]!.name = 'small';
    const late = await new FakeBroker({ catalog }).start();
    try {
      await kubectl.apply(clusterBroker('late-broker', late.url));
      await cluster.untilReady('servicebinding', 'early');
      await kubectl.run(['-n', NAMESPACE, 'delete', 'servicebinding/early', 'serviceinstance/early', '--timeout=60s']);
      await kubectl.run(['delete', 'clusterservicebroker', 'late-broker', '--timeout=60s']);
    } finally {
      await late.stop();
    }
  });

  test('a binding waits for its instance', async () => {
    await kubectl.apply(binding({ namespace: NAMESPACE, name: 'first', instance: 'second' }));
    await cluster.untilReason('servicebinding', 'first', 'ReferencesNonexistentInstance');
    await kubectl.apply(manifest('second'));
    await cluster.untilReady('servicebinding', 'first');
  });

  test('a Secret of that name that is not ours is left alone, and the binding goes on when it is away', async () => {
    await kubectl.apply(manifest('guarded'));
    await kubectl.run(['-n', NAMESPACE, 'create', 'secret', 'generic', 'precious', '--from-literal=mine=yes']);
    await kubectl.apply(
      binding({ namespace: NAMESPACE, name: 'guarded', instance: 'guarded', secretName: 'precious' }),
    );
    const seen = await cluster.untilReason('servicebinding', 'guarded', 'ErrorInjectingBindResult');
    expect(conditionOf(seen, 'Ready').message).toContain('precious');
    expect(await cluster.secret('precious')).toEqual({ mine: 'yes' });
    await kubectl.run(['-n', NAMESPACE, 'delete', 'servicebinding', 'guarded', '--timeout=60s']);
    expect(await cluster.secret('precious')).toEqual({ mine: 'yes' });

    await kubectl.apply(
      binding({ namespace: NAMESPACE, name: 'patient', instance: 'guarded', secretName: 'precious' }),
    );
    await cluster.untilReason('servicebinding', 'patient', 'ErrorInjectingBindResult');
    await kubectl.run(['-n', NAMESPACE, 'delete', 'secret', 'precious']);
    await cluster.untilReady('servicebinding', 'patient');
    expect(await cluster.secret('precious')).toHaveProperty('connectionString');
  });

  test('a Secret that somebody deleted or edited is restored', async () => {
    const original = await cluster.secret('precious');
    // The controllers look by themselves now and then; a change of the binding makes them look at once.
    const look = (): Promise<string> =>
      kubectl.run(['-n', NAMESPACE, 'annotate', 'servicebinding', 'patient', `look=${Date.now()}`, '--overwrite']);
    await kubectl.run(['-n', NAMESPACE, 'delete', 'secret', 'precious']);
    await look();
    await eventually('the Secret is back', async () => (await cluster.secret('precious')) !== undefined);
    expect(await cluster.secret('precious')).toEqual(original);

    await kubectl.run(['-n', NAMESPACE, 'patch', 'secret', 'precious', '-p', '{"stringData":{"password":"guessed"}}']);
    await look();
    await eventually('the Secret is as it was', async () => {
      return (await cluster.secret('precious'))?.['password'] === original?.['password'];
    });
  });

  describe('a broker that', () => {
    const behaviours: [string, Behaviour | 'refuse', RegExp][] = [
      ['refuses connections', 'refuse', /refused/],
      ['answers HTML', { kind: 'html' }, /not JSON/],
      ['redirects', { kind: 'redirect', location: 'http://127.0.0.1:1/elsewhere' }, /redirect/],
      ['sends 100 MB', { kind: 'flood', bytes: 100_000_000 }, /too long/],
      ['answers 500', { kind: 'answer', status: 500, body: { description: 'out of order' } }, /out of order/],
    ];
    test.each(behaviours)('%s is reported, and recovers by itself', async (what, behaviour, words) => {
      const name = `bad-${what.replace(/\W/g, '-').toLowerCase()}`;
      const broker = await new FakeBroker({ catalog: onlyIn(name) }).start();
      const url = broker.url;
      if (behaviour === 'refuse') await broker.stop();
      else broker.always('GetCatalog', behaviour);
      await kubectl.apply(clusterBroker(name, url));
      const seen = await cluster.untilReason('clusterservicebroker', name, 'ErrorFetchingCatalog');
      expect(conditionOf(seen, 'Ready').message).toMatch(words);
      if (behaviour === 'refuse') await broker.start();
      else broker.always('GetCatalog', { kind: 'normal' });
      await cluster.untilReady('clusterservicebroker', name);
      await kubectl.run(['delete', 'clusterservicebroker', name, '--timeout=60s']);
      await broker.stop();
    });

    test('hangs slows nobody else', async () => {
      const broker = await new FakeBroker({ catalog: onlyIn('hanging') }).start();
      await kubectl.apply(clusterBroker('hanging', broker.url));
      await cluster.untilReady('clusterservicebroker', 'hanging');
      broker.always('ProvisionInstance', { kind: 'hang' });
      const stuck = Array.from({ length: 12 }, (_, i) => `stuck-${i}`);
      await kubectl.apply(stuck.map((name) => manifest(name, { className: 'hanging', plan: 'only' })).join('\n'));
      await kubectl.apply(manifest('free'));
      await cluster.untilReady('serviceinstance', 'free');
      const first = await cluster.find('serviceinstance', 'stuck-0');
      expect(conditionOf(first!, 'Ready').status).not.toBe('True');
      // Deleting what hangs works too: nothing is left at the broker.
      broker.always('ProvisionInstance', { kind: 'normal' });
      await broker.stop();
      await broker.start();
      await kubectl.run(['-n', NAMESPACE, 'delete', 'serviceinstances', '--all', '--timeout=90s', '--wait=false']);
      for (const name of stuck) await cluster.untilGone('serviceinstance', name);
      expect(broker.world.instances.size).toBe(0);
      await kubectl.run(['delete', 'clusterservicebroker', 'hanging', '--timeout=60s']);
      await broker.stop();
    });
  });

  test('a wrong password is reported without saying it', async () => {
    const broker = await new FakeBroker({
      auth: { username: 'u', password: 'right' },
      catalog: onlyIn('locked'),
    }).start();
    const secret = (password: string): Promise<string> =>
      kubectl.apply(
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { namespace: NAMESPACE, name: 'auth' },
          stringData: { username: 'u', password },
        }),
      );
    await secret('wrong-horse-battery');
    await kubectl.apply(
      clusterBroker('locked', broker.url, {
        authInfo: { basic: { secretRef: { namespace: NAMESPACE, name: 'auth' } } },
      }),
    );
    const seen = await cluster.untilReason('clusterservicebroker', 'locked', 'ErrorFetchingCatalog');
    expect(conditionOf(seen, 'Ready').message).toMatch(/401/);
    expect(JSON.stringify(seen)).not.toContain('wrong-horse-battery');
    await secret('right');
    await cluster.untilReady('clusterservicebroker', 'locked');
    await kubectl.run(['delete', 'clusterservicebroker', 'locked', '--timeout=60s']);
    await broker.stop();
  });
});

/** A catalog with one class and one plan, whose names and ids are in nobody else's way. */
function onlyIn(name: string): ReturnType<typeof aFakeCatalog> {
  const catalog = aFakeCatalog();
  const [service] = catalog.services;
  catalog.services = [
    { ...service!, id: `${name}-id`, name, plans: [{ ...service!.plans[0]!, id: `${name}-plan-id`, name: 'only' }] },
  ];
  return catalog;
}
