import { census } from '../census.ts';
import type { ServerCensus } from '../census.ts';
import { Cluster, conditionOf } from '../cluster.ts';
import { Kubectl } from '../kubectl.ts';
import { binding, instance, namespace } from '../manifests.ts';
import { pidOf, sharedStack, tenantServers } from '../shared-stack.ts';
import type { Stack } from '../shared-stack.ts';
import { eventually } from '../wait.ts';

/** A namespace of a test in the cluster, and what it orders there from the real broker. */
export class Orders {
  readonly stack: Stack;
  readonly kubectl: Kubectl;
  readonly cluster: Cluster;
  readonly namespace: string;

  private constructor(stack: Stack, name: string) {
    this.stack = stack;
    this.namespace = name;
    this.kubectl = new Kubectl(stack.kubeconfig);
    this.cluster = new Cluster(this.kubectl, name);
  }

  /** Makes the namespace. */
  static async in(name: string): Promise<Orders> {
    const orders = new Orders(await sharedStack(), name);
    await orders.kubectl.apply(namespace(name));
    return orders;
  }

  /** What is on the tenants' servers. */
  census(): Promise<ServerCensus> {
    return census(tenantServers(this.stack));
  }

  /** Applies an instance and a binding of the same name, together. */
  async order(name: string): Promise<void> {
    await this.kubectl.apply(instance({ namespace: this.namespace, name }));
    await this.kubectl.apply(binding({ namespace: this.namespace, name, instance: name }));
  }

  /** Waits until the binding can be used. */
  async untilDelivered(name: string): Promise<void> {
    await this.cluster.untilReady('servicebinding', name);
    await this.cluster.untilReady('serviceinstance', name);
  }

  /** Deletes binding and instance and waits until both are gone. */
  async giveBack(name: string): Promise<void> {
    await this.kubectl.run(['-n', this.namespace, 'delete', `servicebinding/${name}`, '--timeout=120s']);
    await this.kubectl.run(['-n', this.namespace, 'delete', `serviceinstance/${name}`, '--timeout=120s']);
  }

  /** Waits until the controllers have asked the broker for the instance and have no answer. */
  async untilInFlight(name: string): Promise<void> {
    await eventually(
      `the order of ${name} is in flight`,
      async () => {
        const found = await this.cluster.find('serviceinstance', name);
        return found !== undefined && conditionOf(found, 'Ready').reason === 'ProvisionRequestInFlight';
      },
      { describe: () => this.cluster.find('serviceinstance', name) },
    );
  }

  /** Does `work` while the broker stands still: what it is asked meanwhile it answers afterwards. */
  async whileBrokerStands(work: () => Promise<void>): Promise<void> {
    const pid = await pidOf(this.stack, 'broker');
    if (pid === undefined) throw new Error('no broker runs');
    process.kill(pid, 'SIGSTOP');
    try {
      await work();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }
}
