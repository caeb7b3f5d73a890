import { randomBytes, randomUUID } from 'node:crypto';
import { Lifecycle } from '../../../../lib/runtime/lifecycle.ts';
import { silentLogger } from '../../../../lib/runtime/log.ts';
import type { Logger } from '../../../../lib/runtime/log.ts';
import { DEFAULT_SERVICES } from '../../../../broker/catalog/default-services.ts';
import type { ServiceDefinition } from '../../../../broker/catalog/definitions.ts';
import type { BrokerConfig, Limits, ServerConfig } from '../../../../broker/config/config.ts';
import { engineFactory } from '../../../../broker/create-engine.ts';
import { startBroker } from '../../../../broker/program.ts';
import type { WorkerTimings } from '../../../../broker/worker/timings.ts';
import type { EngineFactory } from '../../../../broker/servers/tenant-servers.ts';
import { createStoreDatabase, testServers } from '../../../support/servers.ts';
import type { StoreDatabase } from '../../../support/servers.ts';
import { OsbApi } from './osb-api.ts';

export const LIMITS: Limits = {
  requestBytes: 128 * 1024,
  concurrentRequests: 256,
  queuedOperations: 1_000,
  operationsPerServer: 4,
  giveUpAfterSeconds: 3_600,
  asyncAfterMs: 0,
  syncWithinMs: 30_000,
};

/** Leases so short that a test need not wait long for a dead worker's. */
export const SHORT_LEASES: WorkerTimings = { leaseMs: 1_000, heartbeatMs: 250, marginMs: 200, pollMs: 100 };

/** A broker with a store of its own, over real HTTP and real servers. */
export interface TestBroker {
  readonly url: string;
  readonly store: StoreDatabase;
  readonly config: BrokerConfig;
  /** Calls it as the platform `catalog`. */
  readonly api: OsbApi;
  /** Stops it and keeps its store. */
  pause(): Promise<void>;
  /** Stops it and drops its store, unless that is another broker's. */
  stop(): Promise<void>;
}

export interface TestBrokerOptions {
  readonly limits?: Partial<Limits>;
  /** Instead of the test run's servers. */
  readonly servers?: readonly ServerConfig[];
  readonly services?: readonly ServiceDefinition[];
  readonly wrapEngines?: (factory: EngineFactory) => EngineFactory;
  /** Another broker's store, as a second replica has. */
  readonly sharedWith?: TestBroker;
  /** A store that the test has made and drops. */
  readonly store?: StoreDatabase;
  readonly log?: Logger;
  readonly timings?: WorkerTimings;
}

/** The test run's servers as a configuration names them; without MySQL where there is none. */
export async function configuredServers(): Promise<ServerConfig[]> {
  const servers = await testServers();
  const { host, port, username, password, version } = servers.postgres;
  const configs: ServerConfig[] = [
    {
      name: 'postgres-1',
      engine: 'postgresql',
      serves: ['18', version],
      admin: { host, port, username, password },
      advertise: { host, port },
    },
  ];
  try {
    const mysql = servers.mysql;
    configs.push({
      name: 'mysql-1',
      engine: 'mysql',
      serves: ['5.7', mysql.version],
      admin: { host: mysql.host, port: mysql.port, username: mysql.username, password: mysql.password },
      advertise: { host: mysql.host, port: mysql.port },
    });
  } catch {
    // The tests that need MySQL are skipped under a name that says why.
  }
  return configs;
}

/** The configuration of a broker on a store. */
export async function testConfig(store: StoreDatabase, options: TestBrokerOptions = {}): Promise<BrokerConfig> {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    auth: [
      { username: 'catalog', password: 'catalog-password' },
      { username: 'other', password: 'other-password' },
    ],
    store,
    encryption: { keys: options.sharedWith?.config.encryption.keys ?? [{ label: 'k1', key: randomBytes(32) }] },
    servers: options.servers ?? (await configuredServers()),
    services: options.services ?? DEFAULT_SERVICES,
    limits: { ...LIMITS, ...options.limits },
  };
}

/** Starts a broker in this process. */
export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const store = options.sharedWith?.store ?? options.store ?? (await createStoreDatabase());
  const config = await testConfig(store, options);
  const log = options.log ?? silentLogger();
  const lifecycle = new Lifecycle(silentLogger());
  const factory = engineFactory(log, config.limits.operationsPerServer);
  const server = await startBroker(lifecycle, config, options.wrapEngines?.(factory) ?? factory, log, options.timings);
  const { url } = server;
  const broker: TestBroker = {
    url,
    store,
    config,
    api: new OsbApi(url, 'catalog', 'catalog-password'),
    pause: () => lifecycle.stop('pause'),
    stop: async () => {
      await lifecycle.stop('end of test');
      if (options.sharedWith === undefined && options.store === undefined) await store.drop();
    },
  };
  started.push(broker);
  return broker;
}

const started: TestBroker[] = [];

/** Stops every broker of this test file, also those that a test which failed has left. */
export async function stopTestBrokers(): Promise<void> {
  for (const broker of started.splice(0).reverse()) await broker.stop();
}

/** An id nobody else uses. */
export const newId = (): string => randomUUID();
