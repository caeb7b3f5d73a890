import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChartObject } from './chart.ts';

/** Where the releases of the charts are, and the names of their ServiceAccounts. */
export const NAMESPACE = 'service-catalog';
export const CONTROLLER_ACCOUNT = 'service-catalog-controller';
export const WEBHOOK_ACCOUNT = 'service-catalog-webhook';
/** Of the controllers' leader. */
export const LEASE = 'service-catalog-controller-manager';

/** The two controller managers. The second reaches the API server through a `kubectl proxy` without TLS. */
export const CONTROLLERS = ['catalog-controller-1', 'catalog-controller-2'] as const;
export const AMBASSADOR_CONTROLLER = CONTROLLERS[1];

/** What suites may know of the cluster they run on; written by the set-up, in another scope than theirs. */
export interface ClusterState {
  /** `v1.34.4` */
  readonly version: string;
  readonly url: string;
  readonly adminKubeconfig: string;
  readonly auditLog: string;
  readonly logs: string;
  /** PEM. */
  readonly authority: string;
  /** What the chart grants. */
  readonly access: readonly ChartObject[];
}

const STATE = 'cluster.json';
const PROCESSES = 'running.json';
export const stateFile = (folder: string): string => join(folder, STATE);
export const processesFile = (folder: string): string => join(folder, PROCESSES);

/** The folder of the cluster, or undefined where the suites run on the local stack. */
export const clusterFolder = (): string | undefined => process.env['SC_TEST_CLUSTER'];

/** The cluster of the jest project "cluster". */
export function clusterState(): ClusterState {
  const folder = clusterFolder();
  if (folder === undefined) throw new Error('SC_TEST_CLUSTER is not set: run this in the jest project "cluster"');
  return JSON.parse(readFileSync(stateFile(folder), 'utf8')) as ClusterState;
}

/** The processes of the cluster and of what the chart would run in it, as of now. */
export async function clusterProcesses(): Promise<readonly { readonly name: string; readonly pid: number }[]> {
  const text = await readFile(processesFile(clusterFolder() ?? ''), 'utf8');
  return JSON.parse(text) as { name: string; pid: number }[];
}

/** The number of a running process, or undefined while it is being started. */
export async function clusterPid(name: string): Promise<number | undefined> {
  return (await clusterProcesses()).find((process) => process.name === name)?.pid;
}
