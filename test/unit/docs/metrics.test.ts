import { describe, expect, test } from '@jest/globals';
import { createBrokerMetrics } from '../../../broker/metrics.ts';
import type { TenantServers } from '../../../broker/servers/tenant-servers.ts';
import { createRequestMetrics } from '../../../catalog-apiserver/http/metrics.ts';
import type { Caches } from '../../../catalog-controller/caches.ts';
import { createControllerMetrics } from '../../../catalog-controller/metrics.ts';
import { createWebhookMetrics } from '../../../catalog-controller/webhook/metrics.ts';
import { createKubeMetrics } from '../../../lib/kube/metrics.ts';
import { Registry } from '../../../lib/runtime/metrics.ts';
import { readPage, tableUnder } from './markdown.ts';

const page = readPage('docs/operate.md');

/** Registering reads nothing; only a scrape would ask these for numbers. */
const NOTHING: unknown = {};

/** What each program registers, by the heading it is documented under. */
const PROGRAMS: Readonly<Record<string, (registry: Registry) => void>> = {
  'Metrics of the broker': (registry) => {
    createBrokerMetrics(registry, NOTHING as TenantServers, () => Promise.resolve(0));
  },
  'Metrics of the controllers': (registry) => {
    createControllerMetrics(registry, NOTHING as Caches);
    createKubeMetrics(registry);
  },
  'Metrics of the webhook': (registry) => {
    createWebhookMetrics(registry);
  },
  'Metrics of the API server for one machine': (registry) => {
    createRequestMetrics(registry, () => 0);
  },
};

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

function registered(register: (registry: Registry) => void): Metric[] {
  const registry = new Registry();
  register(registry);
  // prom-client has the labels of a metric, its types do not.
  const metrics = registry.getMetricsAsArray() as unknown as { name: string; type: string; labelNames: string[] }[];
  return metrics.map(({ name, type, labelNames }) => ({ name, type, labels: [...labelNames] })).sort(byName);
}

function documented(heading: string): Metric[] {
  const plain = (cell: string): string => cell.replaceAll('`', '');
  const rows = tableUnder(page, heading).map(([name = '', type = '', labels = '']) => ({
    name: plain(name),
    type,
    labels: plain(labels).split(/, */).filter(Boolean),
  }));
  return rows.sort(byName);
}

const byName = (a: Metric, b: Metric): number => a.name.localeCompare(b.name);

describe('docs/operate.md', () => {
  test.each(Object.keys(PROGRAMS))('has under "%s" each metric with its type and labels, and no other', (heading) => {
    const metrics = registered(PROGRAMS[heading] ?? (() => undefined));
    expect(metrics.length).toBeGreaterThan(0);
    expect(documented(heading)).toEqual(metrics);
  });

  test('asks in its alerts only for metrics that there are', () => {
    const known = new Set(Object.values(PROGRAMS).flatMap((register) => registered(register).map(({ name }) => name)));
    const queries = tableUnder(page, 'Alerts worth having').map(([, query = '']) => query);
    const asked = queries.flatMap((query) => query.match(/\b[a-z]+(?:_[a-z]+)+\b(?=[{[ )])/g) ?? []);
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.map((name) => name.replace(/_(?:bucket|sum|count)$/, '')).filter(isMissing)).toEqual([]);

    function isMissing(name: string): boolean {
      // Of a metric whose own name ends in _count nothing is to be cut off.
      return !known.has(name) && !known.has(`${name}_count`) && !PROMETHEUS.has(name);
    }
  });

  test('is alerted about too little also by metrics that are not there, as when nothing runs', () => {
    const queries = tableUnder(page, 'Alerts worth having').map(([, query = '']) => query);
    const below = queries.filter((query) => / < /.test(query));
    expect(below).toHaveLength(4);
    for (const query of below) {
      const [, selector = ''] = /\b(?:min|max)(?: by \(\w+\) )?\((\w+\{[^}]*\})\)/.exec(query) ?? [];
      expect(query).toContain(` or absent(${selector || 'nothing that was found'})`);
    }
  });
});

/** Words of PromQL and what every exporter has. */
const PROMETHEUS: ReadonlySet<string> = new Set([
  'histogram_quantile',
  'process_start_time_seconds',
  'absent_over_time',
]);
