import { join } from 'node:path';
import { startControlPlane } from '../kubernetes/control-plane.ts';
import type { ControlPlane } from '../kubernetes/control-plane.ts';
import { provideKubernetes } from '../kubernetes/programs.ts';
import { PROGRAMS } from '../kubernetes/release.ts';
import { Kubectl } from '../kubectl.ts';
import { NODE_ADDRESS } from './addresses.ts';
import { nodeSetup } from './setup.ts';
import type { NodeSetup } from './setup.ts';
import { startNode } from './start-node.ts';
import { localVolume } from './volumes.ts';

/** A cluster of one node, on a machine of its own. */
export interface NodeCluster {
  readonly setup: NodeSetup;
  readonly controlPlane: ControlPlane;
  readonly kubectl: Kubectl;
  /** Logs of the node's programs. */
  readonly logs: string;
  /** Makes a volume that a claim can be bound to, and returns once it is there. */
  addVolume(name: string): Promise<void>;
  /** What a person would look at first when something does not work. */
  describe(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts the cluster that the tests of this file use; half a minute on two idle cores. */
export async function startNodeCluster(): Promise<NodeCluster> {
  const setup = nodeSetup();
  const { folder, images } = setup;
  const kubernetes = await provideKubernetes({ programs: PROGRAMS });
  const controlPlane = await startControlPlane({ programs: kubernetes, folder, advertiseAddress: NODE_ADDRESS });
  try {
    const node = await startNode({ folder, kubernetes, controlPlane, images });
    const kubectl = new Kubectl(controlPlane.adminKubeconfig);
    return {
      setup,
      controlPlane,
      kubectl,
      logs: node.logs,
      addVolume: async (name) => {
        await kubectl.apply(JSON.stringify(await localVolume(name, join(folder, 'volumes', name))));
      },
      describe: async () => {
        const pods = await kubectl.run(['get', 'pods', '--all-namespaces', '--output=wide']);
        const events = await kubectl.run(['get', 'events', '--all-namespaces', '--sort-by=.lastTimestamp']);
        return `${pods}\n${events.split('\n').slice(-40).join('\n')}`;
      },
      stop: async () => {
        await node.stop();
        await controlPlane.stop();
      },
    };
  } catch (thrown) {
    await controlPlane.stop();
    throw thrown;
  }
}
