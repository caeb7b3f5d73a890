import { Counter, Gauge, Histogram } from '../runtime/metrics.ts';
import type { Registry } from '../runtime/metrics.ts';
import type { ControllerObserver } from './controller.ts';
import type { RequestReport } from './transport.ts';

/** The metrics of everything in this folder, named as Kubernetes' own programs name them. */
export interface KubeMetrics {
  /** For {@link TransportOptions.onRequest}. */
  readonly onRequest: (report: RequestReport) => void;
  /** For {@link ControllerOptions.observer}. */
  controller(name: string): ControllerObserver;
  /** For {@link LeaderElectionOptions.onChange}. */
  leading(lease: string): (leading: boolean) => void;
}

/** Registers the metrics. Once a registry. */
export function createKubeMetrics(registry: Registry): KubeMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests sent to the Kubernetes API, by method and HTTP status (<error> when no answer came).',
    labelNames: ['method', 'code'],
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Time until the Kubernetes API began to answer.',
    labelNames: ['method'],
    registers,
  });
  const depth = new Gauge({
    name: 'workqueue_depth',
    help: 'Keys that wait for a worker.',
    labelNames: ['name'],
    registers,
  });
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'Time a key waits for a worker.',
    labelNames: ['name'],
    registers,
  });
  const worked = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'Time a reconcile takes.',
    labelNames: ['name'],
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60],
    registers,
  });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Keys put off because their reconcile failed.',
    labelNames: ['name'],
    registers,
  });
  const results = new Counter({
    name: 'controller_reconcile_total',
    help: 'Reconciles by how they ended: done, again, retry, give-up.',
    labelNames: ['controller', 'result'],
    registers,
  });
  const leader = new Gauge({
    name: 'leader_election_master_status',
    help: '1 while this process leads.',
    labelNames: ['name'],
    registers,
  });
  return {
    onRequest: ({ method, status, durationMs }) => {
      requests.inc({ method, code: status === 0 ? '<error>' : String(status) });
      requestSeconds.observe({ method }, durationMs / 1000);
    },
    controller: (name) => ({
      depth: (ready) => {
        depth.set({ name }, ready);
      },
      started: (waitedMs) => {
        waited.observe({ name }, waitedMs / 1000);
      },
      finished: (workedMs) => {
        worked.observe({ name }, workedMs / 1000);
      },
      retried: () => {
        retries.inc({ name });
      },
      reconciled: (result) => {
        results.inc({ controller: name, result });
      },
    }),
    leading: (lease) => {
      leader.set({ name: lease }, 0);
      return (leading) => {
        leader.set({ name: lease }, leading ? 1 : 0);
      };
    },
  };
}
