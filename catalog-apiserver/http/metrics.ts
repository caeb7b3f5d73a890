import { Counter, Gauge, Histogram } from '../../lib/runtime/metrics.ts';
import type { Registry } from '../../lib/runtime/metrics.ts';

/** What the server counts about its requests; names as a real API server has them. */
export interface RequestMetrics {
  finished(verb: string, resource: string, subresource: string, code: number, seconds: number): void;
  /** Call the answer when the watch ends. */
  watchStarted(resource: string): () => void;
}

export function createRequestMetrics(registry: Registry, revision: () => number): RequestMetrics {
  const requests = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests by verb, resource and HTTP status.',
    labelNames: ['verb', 'resource', 'subresource', 'code'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'How long requests took; watches are left out.',
    labelNames: ['verb'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [registry],
  });
  const watches = new Gauge({
    name: 'apiserver_longrunning_requests',
    help: 'Watches that are open.',
    labelNames: ['resource'],
    registers: [registry],
  });
  new Gauge({
    name: 'apiserver_storage_revision',
    help: 'Revision of the last change.',
    registers: [registry],
    collect() {
      this.set(revision());
    },
  });
  return {
    finished: (verb, resource, subresource, code, seconds) => {
      requests.inc({ verb, resource, subresource, code: String(code) });
      if (verb !== 'watch') durations.observe({ verb }, seconds);
    },
    watchStarted: (resource) => {
      watches.inc({ resource });
      return () => {
        watches.dec({ resource });
      };
    },
  };
}
