import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accountUser, readAudit } from '../support/cluster-leg/audit.ts';
import { Orders } from '../support/cluster-leg/order.ts';
import {
  clusterState,
  CONTROLLER_ACCOUNT,
  NAMESPACE as RELEASE_NAMESPACE,
  WEBHOOK_ACCOUNT,
} from '../support/cluster-leg/state.ts';
import { describeWithKubectl } from '../support/kubectl.ts';
import { binding, instance } from '../support/manifests.ts';

const NAMESPACE = 'requests-test';
const CONTROLLER = accountUser(RELEASE_NAMESPACE, CONTROLLER_ACCOUNT);
const WEBHOOK = accountUser(RELEASE_NAMESPACE, WEBHOOK_ACCOUNT);

/** Of the controllers; the user's own two requests, and Events, come to that. A broker that takes its time costs two. */
const MOST = { oneAfterTheOther: 8, together: 10, deletion: 5 };

describeWithKubectl('a pair of instance and binding costs the API server', () => {
  let orders: Orders;
  let events = 0;
  beforeAll(async () => {
    orders = await Orders.in(NAMESPACE);
  });
  afterAll(async () => {
    await orders.cluster.leave();
  });

  /** What the controllers asked about things of this namespace since the last look: verb, resource, name. */
  async function requests(): Promise<string[]> {
    const all = await readAudit(clusterState().auditLog);
    const fresh = all.slice(events);
    events = all.length;
    return fresh
      .filter(({ user, objectRef }) => user.username === CONTROLLER && objectRef?.resource !== 'events')
      .filter(({ objectRef }) => objectRef?.namespace === NAMESPACE)
      .map(({ verb, objectRef }) => [verb, objectRef?.resource, objectRef?.subresource].filter(Boolean).join(' '));
  }

  test('admission one look at the instance, and none at all the others', async () => {
    const before = (await readAudit(clusterState().auditLog)).length;
    await orders.order('looked-up');
    await orders.untilDelivered('looked-up');
    const asked = (await readAudit(clusterState().auditLog))
      .slice(before)
      .filter(({ user, objectRef }) => user.username === WEBHOOK && objectRef?.resource === 'serviceinstances')
      .map(({ verb, objectRef }) => [verb, objectRef?.name].join(' '));
    expect(asked).toContain('get looked-up');
    expect(asked.filter((request) => !request.startsWith('get '))).toEqual([]);
    await orders.giveBack('looked-up');
  });

  test(`at most ${MOST.oneAfterTheOther} requests when the binding is made after its instance is Ready`, async () => {
    await requests();
    await orders.kubectl.apply(instance({ namespace: NAMESPACE, name: 'first' }));
    await orders.cluster.untilReady('serviceinstance', 'first');
    await orders.kubectl.apply(binding({ namespace: NAMESPACE, name: 'first', instance: 'first' }));
    await orders.cluster.untilReady('servicebinding', 'first');
    const made = await requests();
    expect(made).not.toHaveLength(0);
    expect(made.slice(MOST.oneAfterTheOther)).toEqual([]);
  });

  test(`at most ${MOST.together} when both are applied together`, async () => {
    await requests();
    await orders.order('second');
    await orders.untilDelivered('second');
    expect((await requests()).slice(MOST.together)).toEqual([]);
  });

  test(`at most ${MOST.deletion} when both are deleted`, async () => {
    await requests();
    await orders.giveBack('first');
    const made = await requests();
    expect(made).not.toHaveLength(0);
    expect(made.slice(MOST.deletion)).toEqual([]);
  });
});
