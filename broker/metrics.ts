import { Counter, Gauge, Histogram } from '../lib/runtime/metrics.ts';
import type { Registry } from '../lib/runtime/metrics.ts';
import type { TenantServers } from './servers/tenant-servers.ts';

/** What the broker counts. Labels have few values, so that no user can make the registry grow. */
export interface BrokerMetrics {
  readonly requests: Counter<'route' | 'method' | 'status'>;
  readonly requestSeconds: Histogram<'route' | 'method'>;
  readonly attempts: Counter<'kind' | 'outcome'>;
  readonly attemptSeconds: Histogram<'kind'>;
  /** The moment the certificate that is served ends, milliseconds since the epoch. */
  readonly certificateEnds: (at: number) => void;
}

/** Registers the broker's metrics; `queueDepth` is asked when they are read. */
export function createBrokerMetrics(
  registry: Registry,
  servers: TenantServers,
  queueDepth: () => Promise<number>,
): BrokerMetrics {
  new Gauge({
    name: 'broker_operations_in_progress',
    help: 'Operations that wait or run, in the whole store.',
    registers: [registry],
    async collect() {
      // Without a store there is no number, which is not the same as 0; the other metrics are still read.
      await queueDepth().then(
        (depth) => {
          this.set(depth);
        },
        () => {
          this.remove();
        },
      );
    },
  });
  new Gauge({
    name: 'broker_server_ready',
    help: 'Whether instances can be made on a server (1) or not (0).',
    labelNames: ['server'],
    registers: [registry],
    collect() {
      for (const { config, state } of servers.all) this.set({ server: config.name }, state.kind === 'ready' ? 1 : 0);
    },
  });
  const certificate = new Gauge({
    name: 'broker_certificate_expiration_timestamp_seconds',
    help: 'When the certificate that is served ends, seconds since the epoch; absent without TLS.',
    registers: [registry],
  });
  // It begins as 0, which would be a certificate that ended long ago.
  certificate.remove();
  return {
    certificateEnds: (at) => {
      certificate.set(at / 1000);
    },
    requests: new Counter({
      name: 'broker_requests_total',
      help: 'Answered requests.',
      labelNames: ['route', 'method', 'status'],
      registers: [registry],
    }),
    requestSeconds: new Histogram({
      name: 'broker_request_seconds',
      help: 'Time from a request to its answer.',
      labelNames: ['route', 'method'],
      registers: [registry],
      buckets: [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 15, 60],
    }),
    attempts: new Counter({
      name: 'broker_operation_attempts_total',
      help: 'Attempts at operations, by how they ended.',
      labelNames: ['kind', 'outcome'],
      registers: [registry],
    }),
    attemptSeconds: new Histogram({
      name: 'broker_operation_attempt_seconds',
      help: 'Time of one attempt at an operation.',
      labelNames: ['kind'],
      registers: [registry],
      buckets: [0.01, 0.05, 0.2, 0.5, 1, 2, 5, 15, 60],
    }),
  };
}
