import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createKubeClient } from '../lib/kube/api-client.ts';
import type { KubeClient } from '../lib/kube/client.ts';
import { installDefinitions } from './custom-resources.ts';
import { writePrivateFile } from './home/private-files.ts';
import { kubeconfigText } from './kubeconfig.ts';
import * as programs from './programs.ts';
import type { ProgramContext, StartProgram } from './programs.ts';
import type { Progress } from './progress.ts';
import type { Settings } from './settings.ts';

export interface ApiOptions {
  readonly context: ProgramContext;
  readonly start: StartProgram;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Whatever the settings want of API server, kinds and controllers. Returns the user's kubeconfig. */
export function startApi({ kubeconfig, controllers }: Settings, options: ApiOptions): Promise<string> {
  if (kubeconfig === undefined) return startOwnApi(options);
  return controllers ? joinCluster(kubeconfig, options) : Promise.resolve(kubeconfig);
}

/** An API server of our own and the controllers on it. */
async function startOwnApi({ context, start }: ApiOptions): Promise<string> {
  const { home, ports, certificates } = context;
  const server = `https://127.0.0.1:${ports.apiserver}`;
  const kubeconfig = (user: string, key: typeof certificates.admin): string =>
    kubeconfigText(server, certificates.authority.certificate, user, key);
  await writePrivateFile(home.kubeconfig, kubeconfig('admin', certificates.admin));
  await writePrivateFile(home.apiserverKubeconfig, kubeconfig('catalog-apiserver', certificates.apiserverClient));
  await writePrivateFile(home.controllerKubeconfig, kubeconfig('catalog-controller', certificates.controller));
  await mkdir(home.data('apiserver'), { recursive: true, mode: 0o700 });
  await start(programs.apiserver(context), server);
  await start(programs.controller(context, home.controllerKubeconfig, 'apiserver'), 'watching');
  return home.kubeconfig;
}

/** The kinds and the controllers on the cluster of a kubeconfig that the user gave. */
async function joinCluster(kubeconfig: string, options: ApiOptions): Promise<string> {
  const { context, start, progress, signal } = options;
  progress.part('cluster', 'working', 'installing the kinds of the Service Catalog');
  await withKube(kubeconfig, (kube) => installDefinitions(kube, join(context.checkout, 'crds'), signal));
  progress.part('cluster', 'done', `that of ${kubeconfig}`);
  await start(programs.controller(context, kubeconfig, 'none'), 'watching');
  return kubeconfig;
}

/** Work with a client of a kubeconfig's cluster; its connections are closed afterwards. */
export async function withKube<T>(kubeconfig: string, work: (kube: KubeClient) => Promise<T>): Promise<T> {
  const kube = createKubeClient({ kubeconfig, userAgent: 'service-catalog-local' });
  try {
    return await work(kube);
  } finally {
    kube.close();
  }
}
