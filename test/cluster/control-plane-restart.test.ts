import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Orders } from '../support/cluster-leg/order.ts';
import { clusterPid } from '../support/cluster-leg/state.ts';
import { describeWithKubectl } from '../support/kubectl.ts';
import { eventually } from '../support/wait.ts';

const NAMESPACE = 'restart-test';
const NAMES = ['one', 'two', 'three'];

describeWithKubectl('orders in flight', () => {
  let orders: Orders;
  beforeAll(async () => {
    orders = await Orders.in(NAMESPACE);
  });
  afterAll(async () => {
    await orders.cluster.leave();
  });

  /** SIGKILL; it is started again by itself. */
  async function kill(name: string): Promise<void> {
    const pid = await eventually(`a running ${name}`, () => clusterPid(name));
    process.kill(pid, 'SIGKILL');
    await eventually(`${name} runs again`, async () => {
      const next = await clusterPid(name);
      return next !== undefined && next !== pid;
    });
  }
  const answers = (): Promise<boolean> =>
    eventually(
      'the API server answers',
      async () => (await orders.kubectl.try(['get', '--raw', '/readyz'])).code === 0,
    );

  test.each(['kube-apiserver', 'etcd'])('are carried out once when %s is killed and comes back', async (program) => {
    const before = await orders.census();
    await orders.whileBrokerStands(async () => {
      for (const name of NAMES) await orders.order(name);
      for (const name of NAMES) await orders.untilInFlight(name);
      await kill(program);
    });
    await answers();
    for (const name of NAMES) await orders.untilDelivered(name);
    const after = await orders.census();
    expect(after.databases).toHaveLength(before.databases.length + NAMES.length);
    expect(after.logins).toHaveLength(before.logins.length + NAMES.length);

    // And once more while they are given back.
    const all = NAMES.flatMap((name) => [`servicebinding/${name}`, `serviceinstance/${name}`]);
    await orders.kubectl.run(['-n', NAMESPACE, 'delete', ...all, '--wait=false']);
    await kill(program);
    await answers();
    for (const name of NAMES) await orders.cluster.untilGone('serviceinstance', name);
    expect(await orders.census()).toEqual(before);
  });
});
