import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { leaderName, leaderPid } from '../support/cluster-leg/leader.ts';
import { Orders } from '../support/cluster-leg/order.ts';
import { AMBASSADOR_CONTROLLER } from '../support/cluster-leg/state.ts';
import { describeWithKubectl } from '../support/kubectl.ts';
import { eventually } from '../support/wait.ts';

const NAMESPACE = 'ambassador-test';

describeWithKubectl('a controller manager without credentials, behind kubectl proxy on plain HTTP', () => {
  let orders: Orders;
  beforeAll(async () => {
    orders = await Orders.in(NAMESPACE);
  });
  afterAll(async () => {
    await orders.cluster.leave();
  });

  test('leads, orders, delivers and gives back', async () => {
    const { kubeconfig } = orders.stack;
    await eventually('it leads', async () => {
      const name = await leaderName(kubeconfig);
      if (name === AMBASSADOR_CONTROLLER) return true;
      // Its turn comes when the other one is away.
      const other = await leaderPid(kubeconfig);
      if (other !== undefined) process.kill(other, 'SIGKILL');
      return undefined;
    });
    const before = await orders.census();
    await orders.order('through-a-proxy');
    await orders.untilDelivered('through-a-proxy');
    expect(await orders.cluster.secret('through-a-proxy')).toHaveProperty('connectionString');
    await orders.giveBack('through-a-proxy');
    expect(await orders.census()).toEqual(before);
    expect(await leaderName(kubeconfig)).toBe(AMBASSADOR_CONTROLLER);
  });
});
