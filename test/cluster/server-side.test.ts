import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { SeenObject } from '../support/cluster.ts';
import { Orders } from '../support/cluster-leg/order.ts';
import { describeWithKubectl } from '../support/kubectl.ts';
import { instance } from '../support/manifests.ts';

const NAMESPACE = 'server-side-test';

describeWithKubectl('what kubectl has the API server do', () => {
  let orders: Orders;
  const manifest = (parameters: Record<string, unknown>): string =>
    instance({ namespace: NAMESPACE, name: 'db', parameters });
  const asManager = (manager: string): string[] => ['apply', '--server-side', `--field-manager=${manager}`, '-f', '-'];
  beforeAll(async () => {
    orders = await Orders.in(NAMESPACE);
  });
  afterAll(async () => {
    await orders.cluster.leave();
  });

  test('server-side apply creates, and again, whatever the controllers have written since', async () => {
    await orders.kubectl.run(asManager('team'), manifest({ storageGB: 1 }));
    await orders.cluster.untilReady('serviceinstance', 'db');
    await orders.kubectl.run(asManager('team'), manifest({ storageGB: 2 }));
    const seen = await orders.cluster.find('serviceinstance', 'db');
    expect(seen?.spec['parameters']).toEqual({ storageGB: 2 });
    expect(seen?.spec['externalID']).toBeDefined();
    expect(seen?.metadata.finalizers).toHaveLength(1);
  });

  test('server-side apply by somebody else finds the field taken, unless it is forced', async () => {
    const refused = await orders.kubectl.try(asManager('other'), manifest({ storageGB: 3 }));
    expect(refused.stderr).toMatch(/conflict/i);
    await orders.kubectl.run([...asManager('other'), '--force-conflicts'], manifest({ storageGB: 3 }));
    expect((await orders.cluster.find('serviceinstance', 'db'))?.spec['parameters']).toEqual({ storageGB: 3 });
  });

  test('a dry run asks admission and stores nothing', async () => {
    const dry = (name: string, parameters: Record<string, unknown>) =>
      orders.kubectl.try(
        ['create', '--dry-run=server', '-o', 'json', '-f', '-'],
        instance({ namespace: NAMESPACE, name, parameters }),
      );
    const accepted = JSON.parse((await dry('never', { storageGB: 1 })).stdout) as SeenObject;
    expect(accepted.spec['userInfo']).toMatchObject({ username: 'admin' });
    expect((await dry('never', { storageGB: 'much' })).stderr).toMatch(/storageGB/);
    expect(await orders.cluster.find('serviceinstance', 'never')).toBeUndefined();
  });

  test('diff shows what an apply would change, and nothing else', async () => {
    const changed = await orders.kubectl.try(
      ['diff', '--server-side', '--force-conflicts', '-f', '-'],
      manifest({ storageGB: 4 }),
    );
    expect(changed.code).toBe(1);
    expect(changed.stdout).toMatch(/^-\s+storageGB: 3$/m);
    expect(changed.stdout).toMatch(/^\+\s+storageGB: 4$/m);
  });

  test('explain, api-resources and short names know the kinds', async () => {
    expect(await orders.kubectl.run(['explain', 'servicebinding.spec.secretName'])).toMatch(/DESCRIPTION:\s+\S+/);
    const kinds = await orders.kubectl.run(['api-resources', '--api-group=servicecatalog.k8s.io', '-o', 'name']);
    expect(kinds.trim().split('\n')).toHaveLength(8);
  });
});
