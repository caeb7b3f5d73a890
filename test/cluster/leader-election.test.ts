import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { leaderName, leaderPid } from '../support/cluster-leg/leader.ts';
import { Orders } from '../support/cluster-leg/order.ts';
import { CONTROLLERS } from '../support/cluster-leg/state.ts';
import { describeWithKubectl } from '../support/kubectl.ts';
import { eventually } from '../support/wait.ts';

const NAMESPACE = 'leader-test';

describeWithKubectl('of two controller managers', () => {
  let orders: Orders;
  beforeAll(async () => {
    orders = await Orders.in(NAMESPACE);
  });
  afterAll(async () => {
    await orders.cluster.leave();
  });
  const leader = (): Promise<number> =>
    eventually('one of the managers leads', () => leaderPid(orders.stack.kubeconfig));

  test('one leads', async () => {
    await leader();
    expect(CONTROLLERS).toContain(await leaderName(orders.stack.kubeconfig));
  });

  test('the other takes over when the leader is killed, and an order in flight ends with one database and one Secret', async () => {
    const before = await orders.census();
    const killed = await leader();
    await orders.whileBrokerStands(async () => {
      await orders.order('taken-over');
      await orders.untilInFlight('taken-over');
      process.kill(killed, 'SIGKILL');
    });
    const next = await eventually('another one leads', async () => {
      const pid = await leaderPid(orders.stack.kubeconfig);
      return pid === killed ? undefined : pid;
    });
    expect(next).not.toBe(killed);
    await orders.untilDelivered('taken-over');

    const after = await orders.census();
    expect(after.databases).toHaveLength(before.databases.length + 1);
    expect(after.logins).toHaveLength(before.logins.length + 1);
    const secrets = await orders.kubectl.run(['-n', NAMESPACE, 'get', 'secrets', '-o', 'name']);
    expect(secrets.trim()).toBe('secret/taken-over');

    await orders.giveBack('taken-over');
    expect(await orders.census()).toEqual(before);
  });
});
