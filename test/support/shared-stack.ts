import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdminServer } from './census.ts';

/**
 * One stack for all end-to-end suites, started and stopped by `start-shared-stack.ts` and `stop-shared-stack.ts`. The
 * suites run one after the other and each keeps to namespaces of its own.
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
  if (home === undefined) throw new Error('SC_SHARED_STACK is not set: run this in the jest project "e2e"');
  const endpoints = await readEndpoints(home);
  return { home, endpoints, kubeconfig: endpoints.apiserver.kubeconfig };
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
