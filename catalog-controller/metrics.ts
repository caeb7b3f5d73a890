import { findCondition, isTrue } from '../lib/catalog/conditions.ts';
import type { ConditionHolder } from '../lib/catalog/conditions.ts';
import { SCOPES } from '../lib/catalog/scope.ts';
import { keyOf } from '../lib/kube/objects.ts';
import type { OsbCall } from '../lib/osb/client-contract.ts';
import { Counter, Gauge, Histogram } from '../lib/runtime/metrics.ts';
import type { Registry } from '../lib/runtime/metrics.ts';
import type { Caches } from './caches.ts';

/** Registers how many of everything there are, counted when asked for, and the calls to brokers. */
export function createControllerMetrics(
  registry: Registry,
  caches: Caches,
): { readonly onCall: (broker: string, call: OsbCall) => void } {
  registerCounts(registry, caches);
  const registers = [registry];
  const requests = new Counter({
    name: 'servicecatalog_osb_request_count',
    help: 'Calls to brokers by how they ended: a class of HTTP statuses, or client-error when no answer came.',
    labelNames: ['broker', 'method', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'servicecatalog_osb_request_duration_seconds',
    help: 'Time until a call to a broker ended.',
    labelNames: ['broker', 'method'],
    buckets: [0.01, 0.05, 0.25, 1, 5, 15, 60],
    registers,
  });
  return {
    onCall: (broker, { method, status, durationMs }) => {
      const kind = status === undefined ? 'client-error' : `${Math.floor(status / 100)}xx`;
      requests.inc({ broker, method, status: kind });
      seconds.observe({ broker, method }, durationMs / 1000);
    },
  };
}

function registerCounts(registry: Registry, caches: Caches): void {
  const registers = [registry];
  new Gauge({
    name: 'servicecatalog_objects',
    help: 'Instances, bindings and brokers by state: ready, failed, deleting, or the reason they are not ready.',
    labelNames: ['resource', 'state'],
    registers,
    collect() {
      this.reset();
      const informers = [caches.instances, caches.bindings, ...SCOPES.map(({ name }) => caches.scopes[name].brokers)];
      for (const informer of informers) {
        for (const { metadata, status } of informer.list()) {
          const state = metadata.deletionTimestamp === undefined ? stateOf(status) : 'deleting';
          this.inc({ resource: informer.resource.plural, state });
        }
      }
    },
  });
  const perBroker = (name: string, help: string, what: 'classes' | 'plans'): void => {
    new Gauge({
      name,
      help,
      labelNames: ['broker'],
      registers,
      collect() {
        this.reset();
        for (const scope of SCOPES) {
          const scoped = caches.scopes[scope.name];
          for (const broker of scoped.brokers.list()) {
            const key = keyOf(broker);
            this.set({ broker: key }, scoped[what].byIndex('broker', key).length);
          }
        }
      },
    });
  };
  perBroker('servicecatalog_broker_service_class_count', 'Classes a broker offers.', 'classes');
  perBroker('servicecatalog_broker_service_plan_count', 'Plans a broker offers.', 'plans');
}

function stateOf(status: ConditionHolder | undefined): string {
  if (isTrue(status, 'Ready')) return 'ready';
  if (isTrue(status, 'Failed')) return 'failed';
  return findCondition(status, 'Ready')?.reason ?? 'new';
}
