import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { delayAfter } from '../lib/runtime/backoff.ts';
import { systemClock } from '../lib/runtime/clock.ts';
import { toError, UsageError } from '../lib/runtime/errors.ts';
import type { ListeningServer } from '../lib/runtime/http-server.ts';
import type { Lifecycle } from '../lib/runtime/lifecycle.ts';
import type { Logger } from '../lib/runtime/log.ts';
import { createRegistry } from '../lib/runtime/metrics.ts';
import { offeredServices, ServiceCatalog } from './catalog/service-catalog.ts';
import type { BrokerConfig } from './config/config.ts';
import { createApp } from './http/app.ts';
import { serve } from './http/serve.ts';
import { createBrokerMetrics } from './metrics.ts';
import { OperationEnds } from './operations/operation-ends.ts';
import type { EngineFactory } from './servers/tenant-servers.ts';
import { TenantServers } from './servers/tenant-servers.ts';
import { checkEncryption } from './store/check-encryption.ts';
import { Cipher } from './store/cipher.ts';
import { Database, StoreUnavailableError } from './store/database.ts';
import { migrate } from './store/migrate.ts';
import { Notifications } from './store/notifications.ts';
import { queueLoad } from './store/operations.ts';
import { hastenOperations } from './store/queue.ts';
import { WORKER_TIMINGS } from './worker/timings.ts';
import type { WorkerTimings } from './worker/timings.ts';
import { Worker } from './worker/worker.ts';

const clock = systemClock;
const RETRY = { initialMs: 200, maximumMs: 5_000 };
/** Platforms should outwait the broker's own patience: its last word is better than their time-out. */
const POLLING_MARGIN_SECONDS = 60;

/**
 * Starts a broker and registers all it holds with the lifecycle: HTTP first, so that a platform gets answers (503)
 * while the store is waited for, then the store, then the work. Servers that are down do not keep it from starting.
 */
export async function startBroker(
  lifecycle: Lifecycle,
  config: BrokerConfig,
  createEngine: EngineFactory,
  log: Logger,
  timings: WorkerTimings = WORKER_TIMINGS,
): Promise<ListeningServer> {
  const { signal } = lifecycle;
  const database = new Database(config.store, log);
  lifecycle.onStop('store', () => database.close());
  const heartbeats = new Database(config.store, log, 1);
  lifecycle.onStop('heartbeats', () => heartbeats.close());
  const servers = new TenantServers(config.servers, createEngine, clock, log);
  lifecycle.onStop('servers', () => servers.close());

  const registry = createRegistry();
  const metrics = createBrokerMetrics(registry, servers, () =>
    queueLoad(database).then(({ inProgress }) => inProgress),
  );
  const notifications = new Notifications(config.store, clock, log);
  const cipher = new Cipher(config.encryption.keys);
  const catalog = createCatalog(config, servers, log);
  const ends = new OperationEnds(database, notifications, clock);
  const worker = new Worker({
    database,
    servers,
    cipher,
    clock,
    log,
    metrics,
    notifications,
    heartbeats,
    holder: `${hostname()}/${process.pid}/${randomUUID()}`,
    operationsPerServer: config.limits.operationsPerServer,
    timings,
  });

  let storeOpen = false;
  const app = createApp({
    operations: { database, catalog, servers, cipher, ends, desk: worker, limits: config.limits },
    users: config.auth,
    metrics,
    registry,
    log,
    isStoreOpen: () => storeOpen,
    healthChecks: {
      store: async () => {
        if (!storeOpen) throw new Error('not open yet');
        await database.query('SELECT 1');
      },
    },
  });
  lifecycle.onStop('worker', () => worker.stop());
  const { certificateEnds } = metrics;
  const server = await serve(app, config.listen, { lifecycle, log, certificateEnds });
  log.info({ url: server.url }, 'listening');

  if (!(await openStore(database, cipher, log, signal))) return server;
  storeOpen = true;
  log.info('store open');
  void notifications.run(signal);
  for (const tenant of servers.all) {
    void tenant.watch(signal, async () => {
      await hastenOperations(database, tenant.config.name).catch((error: unknown) => {
        log.warn({ err: toError(error) }, 'waiting operations were not hastened; they come due by themselves');
      });
    });
  }
  void worker.run();
  return server;
}

function createCatalog(config: BrokerConfig, servers: TenantServers, log: Logger): ServiceCatalog {
  const services = offeredServices(config.services, (engine) => servers.versions(engine));
  const left = config.services.filter(({ id }) => !services.some((service) => service.id === id));
  for (const { name, engine } of left) {
    log.warn({ service: name, engine }, 'service not offered: there is no server for its engine');
  }
  return new ServiceCatalog(services, config.limits.giveUpAfterSeconds + POLLING_MARGIN_SECONDS);
}

/** Migrates the store and checks the keys; waits for a store that does not answer. False when the signal aborted. */
async function openStore(database: Database, cipher: Cipher, log: Logger, signal: AbortSignal): Promise<boolean> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      const applied = await migrate(database);
      if (applied.length > 0) log.info({ migrations: applied }, 'store migrated');
      await checkEncryption(database, cipher);
      return true;
    } catch (thrown) {
      const error = toError(thrown);
      if (error instanceof UsageError) throw error;
      if (!(error instanceof StoreUnavailableError))
        log.error({ err: error }, 'the store cannot be opened, trying again');
      else log.warn({ reason: error.message }, 'the store does not answer, trying again');
      await clock.sleep(delayAfter(failures, RETRY, Math.random()), signal).catch(() => undefined);
    }
  }
  return false;
}
