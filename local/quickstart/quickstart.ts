import { readFile } from 'node:fs/promises';
import type { KubeClient } from '../../lib/kube/client.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Home } from '../home/home.ts';
import { readIfPresent, writePrivateFile } from '../home/private-files.ts';
import type { Progress } from '../progress.ts';
import { applyManifest } from './apply.ts';
import { BROKER_NAME, ensureBrokerSecret, refreshBroker } from './broker-access.ts';
import type { BrokerAccess } from './broker-access.ts';
import { waitForBroker } from './broker-ready.ts';
import { parseQuickstart } from './manifest.ts';
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
const BROKER_WAIT_MS = 60_000;

/**
 * Makes the broker reachable for the controllers, has its catalog read, applies the quickstart if this stack never did,
 * and waits for its credentials. What a user changed or deleted since then is left as it is.
 * Resolves with the names of the quickstart's bindings that are there and can be used on this machine.
 */
export async function runQuickstart(options: QuickstartOptions): Promise<readonly string[]> {
  const { kube, home, access, signal, progress } = options;
  await ensureBrokerSecret(kube, access, signal);
  await refreshBroker(kube, access, signal);
  if (options.manifestFile === undefined) {
    await readCatalog(options);
    return [];
  }

  const { brokers, rest, bindings } = parseQuickstart(await readFile(options.manifestFile, 'utf8'));
  const apply = (await readIfPresent(home.quickstartDone)) === undefined;
  if (apply) await applyManifest(kube, brokers, access, signal);
  await readCatalog(options);
  if (apply) {
    progress.part('quickstart', 'working', 'applying examples/quickstart.yaml');
    await applyManifest(kube, rest, access, signal);
    await writePrivateFile(home.quickstartDone, `${JSON.stringify({ appliedAt: new Date().toISOString() })}\n`);
  }
  const possible = bindings.filter(({ name }) => !options.impossible.includes(name));
  return report(options, possible);
}

/** A catalog that cannot be read is no reason to take down what runs: the user is told, the controllers go on trying. */
async function readCatalog({ kube, progress, signal }: QuickstartOptions): Promise<void> {
  progress.part('quickstart', 'working', `the controllers read the catalog of ${BROKER_NAME}`);
  try {
    await waitForBroker(kube, BROKER_WAIT_MS, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    progress.line(toError(thrown).message);
  }
}

async function report(options: QuickstartOptions, bindings: readonly BindingKey[]): Promise<readonly string[]> {
  const { progress } = options;
  progress.part('quickstart', 'working', 'waiting for credentials');
  const { open, gone } = await waitForBindings(options.kube, {
    bindings,
    timeoutMs: WAIT_MS,
    signal: options.signal,
    tell: ({ namespace, name }, { state, text }) => {
      progress.part(`${namespace}/${name}`, state, text);
    },
  });
  if (open.length > 0) {
    progress.part('quickstart', 'failed', `${open.length} of ${bindings.length} bindings have no credentials yet`);
  } else {
    progress.part('quickstart', 'done', gone.length > 0 ? goneText(gone.map(({ name }) => name)) : 'in place');
  }
  for (const { namespace, name } of open) {
    progress.line(`Why ${namespace}/${name} is not ready: npx svcat doctor binding ${name} -n ${namespace}`);
  }
  return bindings.filter((binding) => !gone.includes(binding)).map(({ name }) => name);
}

/** What is said of bindings that somebody deleted. */
function goneText(names: readonly string[]): string {
  const [are, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return `${names.join(', ')} ${are} not there any more; kubectl apply -f examples/quickstart.yaml brings ${them} back`;
}
