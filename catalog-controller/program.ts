import { createKubeClient } from '../lib/kube/api-client.ts';
import type { KubeClient } from '../lib/kube/client.ts';
import { loadConnection } from '../lib/kube/connection.ts';
import { EventRecorder } from '../lib/kube/event-recorder.ts';
import { runAsLeader } from '../lib/kube/leader-election.ts';
import { createKubeMetrics } from '../lib/kube/metrics.ts';
import { delayAfter } from '../lib/runtime/backoff.ts';
import { systemClock } from '../lib/runtime/clock.ts';
import { toError } from '../lib/runtime/errors.ts';
import type { Lifecycle } from '../lib/runtime/lifecycle.ts';
import type { Logger } from '../lib/runtime/log.ts';
import { createRegistry } from '../lib/runtime/metrics.ts';
import { BrokerClients } from './broker-clients.ts';
import { CatalogMemory } from './broker/fetch-catalog.ts';
import { createCaches } from './caches.ts';
import { readClusterId } from './cluster-id.ts';
import type { Context } from './context.ts';
import { createControllers } from './controllers.ts';
import { startHealthServer } from './http/health-server.ts';
import { forgetTheGone } from './forget-the-gone.ts';
import { Memory } from './memory.ts';
import { createControllerMetrics } from './metrics.ts';
import type { Settings } from './settings.ts';

/** As users of the original know it from `kubectl describe`. */
const COMPONENT = 'service-catalog-controller-manager';
const FIRST_RETRY_MS = 1_000;

/** A controller manager that runs. */
export interface RunningController {
  /** Where health and metrics are. */
  readonly url: string;
  /** Resolves or rejects when the program's work has ended. */
  readonly ended: Promise<void>;
}

/**
 * Starts the controller manager: copies of the cluster's objects, the health server, and, as soon as it leads, the
 * controllers. What it takes is given back by the lifecycle.
 */
export async function startController(
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
  log: Logger,
  lifecycle: Lifecycle,
): Promise<RunningController> {
  const registry = createRegistry();
  const kubeMetrics = createKubeMetrics(registry);
  const connection = loadConnection({
    ...(settings.kubeconfig === undefined ? {} : { kubeconfig: settings.kubeconfig }),
    environment,
  });
  const connect = (): KubeClient => createKubeClient({ connection, onRequest: kubeMetrics.onRequest });
  const kube = connect();
  lifecycle.onStop('connections to the API server', () => {
    kube.close();
  });
  const caches = createCaches(kube, log);
  const { onCall } = createControllerMetrics(registry, caches);
  const trouble = { text: '' };
  const health = await startHealthServer(
    {
      'cluster id': () => {
        if (trouble.text !== '') throw new Error(trouble.text);
      },
      informers: () => {
        const missing = caches.all.filter(({ hasSynced }) => !hasSynced).map(({ resource }) => resource.plural);
        if (missing.length > 0) throw new Error(`not read yet: ${missing.join(', ')}`);
      },
    },
    registry,
    settings.listen,
  );
  lifecycle.onStop('health server', () => health.close(1_000));
  const events = new EventRecorder({ client: kube, component: COMPONENT, instance: settings.identity, log });
  lifecycle.onStop('events', () => events.stop());
  const brokers = new BrokerClients({
    kube,
    caches,
    timeoutMs: settings.osbApiRequestTimeoutMs,
    connect: settings.brokerAddresses,
    now: () => systemClock.now(),
    onCall,
  });
  lifecycle.onStop('connections to brokers', () => brokers.close());
  for (const informer of caches.all) informer.start();
  lifecycle.onStop('informers', async () => {
    await Promise.all(caches.all.map((informer) => informer.stop()));
  });

  const work = async (signal: AbortSignal): Promise<void> => {
    const clusterId = await untilItWorks(
      () => readClusterId(kube, settings.clusterIdConfigMap, log, signal),
      (text) => {
        trouble.text = text;
      },
      log,
      signal,
    );
    if (clusterId === undefined) return;
    const context = createContext({ kube, caches, brokers, events, settings, log }, clusterId);
    const stopForgetting = forgetTheGone(context);
    const controllers = createControllers(context, (name) => kubeMetrics.controller(name));
    const starts = controllers.map((controller) => controller.start());
    log.info({ clusterId }, 'controllers start');
    await Promise.race([Promise.all(starts), aborted(signal)]);
    if (!signal.aborted) log.info('controllers work');
    await aborted(signal);
    await Promise.all(controllers.map((controller) => controller.stop()));
    await Promise.allSettled(starts);
    stopForgetting();
    // Whoever does not lead needs no credentials.
    await brokers.close();
  };
  const ended = run(settings, connect, work, kubeMetrics.leading(COMPONENT), log, lifecycle.signal);
  lifecycle.onStop('controllers', () => ended.catch(() => undefined));
  return { url: health.url, ended };
}

/**
 * Does the work, where leader election is wanted only while leading. The Lease has a client of its own: in the line of
 * the controllers' requests its renewal could wait so long that it is lost.
 */
async function run(
  settings: Settings,
  connect: () => KubeClient,
  work: (signal: AbortSignal) => Promise<void>,
  onChange: (leading: boolean) => void,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  if (settings.leaderElection === undefined) {
    await work(signal);
    return;
  }
  const { namespace } = settings.leaderElection;
  const client = connect();
  try {
    const candidate = { client, namespace, name: COMPONENT, identity: settings.identity, log, onChange };
    await runAsLeader(candidate, work, signal);
  } finally {
    client.close();
  }
}

function createContext(
  parts: Pick<Context, 'kube' | 'caches' | 'brokers' | 'events' | 'settings' | 'log'>,
  clusterId: string,
): Context {
  const { settings } = parts;
  return {
    ...parts,
    memory: new Memory(),
    catalogs: new CatalogMemory(),
    policy: {
      backoff: { initialMs: FIRST_RETRY_MS, maximumMs: settings.retryMaximumMs },
      giveUpAfterMs: settings.retryDurationMs,
      pollMaximumMs: settings.pollMaximumMs,
    },
    clusterId: () => clusterId,
    clock: systemClock,
    random: Math.random,
  };
}

/** The API server may be late: tries until it answers. Undefined when `signal` aborts first. */
async function untilItWorks<T>(
  attempt: () => Promise<T>,
  report: (trouble: string) => void,
  log: Logger,
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      const result = await attempt();
      report('');
      return result;
    } catch (thrown) {
      report(toError(thrown).message);
      log.warn({ err: toError(thrown) }, 'cannot read the id of the cluster yet, trying again');
      const pause = delayAfter(failures, { initialMs: 500, maximumMs: 10_000 }, Math.random());
      await systemClock.sleep(pause, signal).catch(() => undefined);
    }
  }
  return undefined;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
