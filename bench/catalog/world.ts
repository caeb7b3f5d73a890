import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CLUSTER_SERVICE_BROKERS, CLUSTER_SERVICE_PLANS } from '../../lib/catalog/resources.ts';
import { createKubeClient } from '../../lib/kube/api-client.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import { NAMESPACES, SECRETS } from '../../lib/kube/core-resources.ts';
import { createOsbClient } from '../../lib/osb/client.ts';
import type { OsbClient } from '../../lib/osb/client-contract.ts';
import { waitUntil } from '../../local/processes/wait-until.ts';
import { aFakeCatalog } from '../../test/support/fake-broker-world.ts';
import type { ApiServer } from './api-server.ts';
import { startControllers } from './controllers.ts';
import type { Offer } from './pairs.ts';
import type { Processes } from './processes.ts';

/** One API server, one broker that is registered there, and who uses them. No controllers: each turn has its own. */
export interface World {
  readonly processes: Processes;
  readonly api: ApiServer;
  /** The user's client. */
  readonly kube: KubeClient;
  readonly broker: OsbClient;
  readonly offer: Offer;
  readonly signal: AbortSignal;
  /** A new, empty namespace. */
  newNamespace(): Promise<string>;
  /** Throws when anything of the pairs is left, in the namespace or at the broker. */
  checkNothingIsLeft(namespace: string): Promise<void>;
  close(): Promise<void>;
}

const PATIENCE_MS = 60_000;
/** The user's client lets so many requests run at once; no turn wants more. */
const MAXIMUM_IN_FLIGHT = 256;

export async function createWorld(processes: Processes, api: ApiServer, signal: AbortSignal): Promise<World> {
  const worker = new Worker(new URL('broker-worker.ts', import.meta.url));
  const [url] = (await once(worker, 'message')) as [string];
  const kube = createKubeClient({ kubeconfig: api.userKubeconfig, maximumInFlight: MAXIMUM_IN_FLIGHT });
  const broker = createOsbClient({ url });
  const close = async (): Promise<void> => {
    kube.close();
    await broker.close();
    await worker.terminate();
  };
  try {
    await kube.create(CLUSTER_SERVICE_BROKERS, { metadata: { name: 'bench' }, spec: { url } });
    await readCatalog(processes, api, kube, signal);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  let namespaces = 0;
  return {
    processes,
    api,
    kube,
    broker,
    offer: offerOf(),
    signal,
    newNamespace: async () => {
      namespaces += 1;
      const name = `bench-${namespaces}`;
      await kube.create(NAMESPACES, { metadata: { name } });
      return name;
    },
    checkNothingIsLeft: async (namespace) => {
      const { items } = await kube.list(SECRETS, { namespace });
      worker.postMessage('census');
      const [left] = (await once(worker, 'message')) as [{ instances: number; bindings: number; violations: string[] }];
      if (items.length + left.instances + left.bindings + left.violations.length === 0) return;
      throw new Error(`left behind: ${items.length} Secrets and, at the broker, ${JSON.stringify(left)}`);
    },
    close,
  };
}

/** Controllers run until classes and plans are there. */
async function readCatalog(processes: Processes, api: ApiServer, kube: KubeClient, signal: AbortSignal): Promise<void> {
  const controllers = await startControllers(processes, api, 2, signal);
  try {
    const plans = async (): Promise<true | undefined> => {
      const { items } = await kube.list(CLUSTER_SERVICE_PLANS);
      return items.length > 0 ? true : undefined;
    };
    await waitUntil(plans, { what: 'the plans of the broker', timeoutMs: PATIENCE_MS, signal });
  } finally {
    await controllers.stop();
  }
}

function offerOf(): Offer {
  const [service] = aFakeCatalog().services;
  const plan = service?.plans[0];
  if (service === undefined || plan === undefined) throw new Error('the catalog of the broker is empty');
  return { className: service.name, classId: service.id, planName: plan.name, planId: plan.id };
}
