import { readFile } from 'node:fs/promises';
import type { KubeClient } from '../../lib/kube/client.ts';
import { SERVICE_BINDINGS } from '../../lib/catalog/resources.ts';
import type { Home } from '../home/home.ts';
import { readIfPresent, writePrivateFile } from '../home/private-files.ts';
import type { Progress } from '../progress.ts';
import { applyManifest } from './apply.ts';
import { ensureBrokerSecret, refreshBrokerAuthority } from './broker-access.ts';
import type { BrokerAccess } from './broker-access.ts';
import { parseManifest } from './manifest.ts';
import { waitForBindings } from './wait.ts';
import type { BindingKey } from './wait.ts';

export interface QuickstartOptions {
  readonly kube: KubeClient;
  readonly home: Home;
  /** The file to apply; undefined applies nothing. */
  readonly manifestFile: string | undefined;
  readonly access: BrokerAccess;
  /** Bindings that cannot become ready here, because there is no server of their kind. */
  readonly impossible: readonly string[];
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const WAIT_MS = 180_000;

/**
 * Makes the broker reachable for the controllers, applies the quickstart if this stack never did, and waits for its
 * credentials. What a user changed or deleted since then is left as it is.
 */
export async function runQuickstart(options: QuickstartOptions): Promise<void> {
  const { kube, home, access, signal, progress } = options;
  await ensureBrokerSecret(kube, access, signal);
  await refreshBrokerAuthority(kube, access, signal);
  if (options.manifestFile === undefined) return;

  const objects = parseManifest(await readFile(options.manifestFile, 'utf8'));
  if ((await readIfPresent(home.quickstartDone)) === undefined) {
    progress.part('quickstart', 'working', 'applying examples/quickstart.yaml');
    await applyManifest(kube, objects, access, signal);
    await writePrivateFile(home.quickstartDone, `${JSON.stringify({ appliedAt: new Date().toISOString() })}\n`);
  }
  const bindings = objects
    .filter(({ resource }) => resource.kind === SERVICE_BINDINGS.kind)
    .map(({ object }) => ({ namespace: object.metadata.namespace ?? 'default', name: object.metadata.name ?? '' }))
    .filter(({ name }) => !options.impossible.includes(name));
  await report(options, bindings);
}

async function report(options: QuickstartOptions, bindings: readonly BindingKey[]): Promise<void> {
  const { progress } = options;
  progress.part('quickstart', 'working', 'waiting for credentials');
  const open = await waitForBindings(options.kube, {
    bindings,
    timeoutMs: WAIT_MS,
    signal: options.signal,
    tell: ({ namespace, name }, { state, text }) => {
      progress.part(`${namespace}/${name}`, state, text);
    },
  });
  if (open.length === 0) {
    progress.part('quickstart', 'done', 'in place');
    return;
  }
  progress.part('quickstart', 'failed', `${open.length} of ${bindings.length} bindings have no credentials yet`);
  for (const { namespace, name } of open) {
    progress.line(`Why ${namespace}/${name} is not ready: npx svcat doctor binding ${name} -n ${namespace}`);
  }
}
