import { createKubeClient } from '../lib/kube/api-client.ts';
import type { KubeClient } from '../lib/kube/client.ts';
import { loadConnection } from '../lib/kube/connection.ts';
import { chooseKubeconfig } from './kubeconfig.ts';
import type { Terminal } from './terminal.ts';

/** What every command works with. */
export interface Session {
  readonly kube: KubeClient;
  /** `--namespace`, or that of the kubeconfig's context. */
  readonly namespace: string;
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The options that all commands share. */
export interface GlobalOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly verbose?: boolean;
}

/** The program's surroundings, handed over by main.ts. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
}

/** Finds the API server. Throws UsageError when there is none to be found. */
export function openSession(options: GlobalOptions, surroundings: Surroundings): Session {
  const { terminal, environment, folder } = surroundings;
  const { source, remark } = chooseKubeconfig(options, environment, folder);
  if (remark !== undefined && options.verbose) terminal.note(remark);
  const connection = loadConnection(source);
  return {
    kube: createKubeClient({ connection, userAgent: 'svcat' }),
    namespace: options.namespace ?? connection.namespace,
    terminal,
    environment,
  };
}
