import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Orders } from '../support/cluster-leg/order.ts';
import { clusterPid, CONTROLLERS } from '../support/cluster-leg/state.ts';
import { describeWithKubectl } from '../support/kubectl.ts';
import { eventually } from '../support/wait.ts';

const NAMESPACE = 'garbage-test';

describeWithKubectl('Kubernetes itself', () => {
  let orders: Orders;
  beforeAll(async () => {
    orders = await Orders.in(NAMESPACE);
  });
  afterAll(async () => {
    await orders.kubectl.run(['delete', 'namespace', NAMESPACE, '--timeout=90s', '--ignore-not-found']);
  });

  test('removes the Secret of a binding that is gone, by its owner reference', async () => {
    const { kubectl, cluster } = orders;
    await orders.order('owner');
    await orders.untilDelivered('owner');
    const secret = await kubectl.json<{ metadata: { ownerReferences: unknown[] } }>(
      inNamespace('get', 'secret', 'owner'),
    );
    const { metadata } = (await cluster.find('servicebinding', 'owner'))!;
    expect(secret.metadata.ownerReferences).toEqual([
      expect.objectContaining({ kind: 'ServiceBinding', name: 'owner', uid: metadata.uid, controller: true }),
    ]);

    // The controllers stand still, and somebody takes their finalizer off: the Secret is nobody's but Kubernetes'.
    const pids = (await Promise.all(CONTROLLERS.map(clusterPid))).filter((pid) => pid !== undefined);
    expect(pids).toHaveLength(CONTROLLERS.length);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      await kubectl.run(inNamespace('delete', 'servicebinding', 'owner', '--wait=false'));
      const patch = JSON.stringify({ metadata: { finalizers: null } });
      await kubectl.run(inNamespace('patch', 'servicebinding', 'owner', '--type=merge', '-p', patch));
      await cluster.untilGone('servicebinding', 'owner');
      await eventually('the Secret is gone', async () => (await cluster.secret('owner')) === undefined);
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    await kubectl.run(inNamespace('delete', 'serviceinstance', 'owner', '--timeout=120s'));
  });

  test('deletes a namespace with what was ordered in it, on the servers too', async () => {
    const before = await orders.census();
    await orders.order('inside');
    await orders.untilDelivered('inside');
    await orders.kubectl.run(['delete', 'namespace', NAMESPACE, '--timeout=120s']);
    expect(await orders.census()).toEqual(before);
  });
});

const inNamespace = (...args: string[]): string[] => ['-n', NAMESPACE, ...args];
