import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdminServer } from './census.ts';
import { leaderPid } from './cluster-leg/leader.ts';
import { clusterFolder, clusterPid } from './cluster-leg/state.ts';

/**
 * One stack for all end-to-end suites, which run one after the other, each in namespaces of its own. In the jest project
 * "e2e" it is the local stack (`start-shared-stack.ts`); in the project "cluster" a real Kubernetes has the place of the
 * API server, and the controllers and the webhook are those of the chart (`cluster-leg/start.ts`).
 */
export interface Stack {
  /** The folder of its state, `.local` for a user. */
  readonly home: string;
  readonly kubeconfig: string;
  readonly endpoints: Endpoints;
}

export interface Endpoints {
  readonly ready: boolean;
  readonly broker: { url: string; username: string; password: string; caFile: string };
  readonly apiserver: { url: string; kubeconfig: string };
  readonly servers: readonly AdminServer[];
  readonly processes: readonly { name: string; pid: number }[];
}

export async function readEndpoints(home: string): Promise<Endpoints> {
  return JSON.parse(await readFile(join(home, 'endpoints.json'), 'utf8')) as Endpoints;
}

export async function sharedStack(): Promise<Stack> {
  const home = process.env['SC_SHARED_STACK'];
  if (home === undefined) {
    throw new Error('SC_SHARED_STACK is not set: run this in the jest project "e2e" or "cluster"');
  }
  const endpoints = await readEndpoints(home);
  return { home, endpoints, kubeconfig: endpoints.apiserver.kubeconfig };
}

/** A program of the product that can be killed, by the name it has in the local stack. */
export type ProgramName = 'broker' | 'catalog-controller' | 'catalog-apiserver';

/** The number of the process that does the work of the program now, or undefined while nobody does. */
export async function pidOf(stack: Stack, program: ProgramName): Promise<number | undefined> {
  if (program !== 'broker' && clusterFolder() !== undefined) {
    return program === 'catalog-apiserver' ? clusterPid('kube-apiserver') : leaderPid(stack.kubeconfig);
  }
  const { processes } = await readEndpoints(stack.home);
  return processes.find(({ name }) => name === program)?.pid;
}

/** The servers that hold tenants' databases. */
export function tenantServers(stack: Stack): AdminServer[] {
  return stack.endpoints.servers.filter((server) => server.name !== 'store');
}

/** The administrator's URL of the broker's store, on the database that has its tables. */
export function storeUrl(stack: Stack): string {
  const store = stack.endpoints.servers.find((server) => server.name === 'store');
  if (store === undefined) throw new Error('endpoints.json names no server "store"');
  const url = new URL(store.url);
  url.pathname = '/broker_store';
  return url.href;
}
