import { table } from '../shared/table.ts';
import { OPERATIONS } from './way.ts';
import type { Measured } from './measure.ts';
import type { Summary } from './statistics.ts';

/** What was measured on one server with so many clients. */
export interface Result {
  /** `PostgreSQL 18.4`. */
  readonly server: string;
  readonly clients: number;
  readonly measured: Measured;
}

/** The ratios, which mean something on any machine, before the times, which do not. Markdown, for docs/benchmarks.md. */
export function report(results: readonly Result[]): string {
  return [
    'Time of one operation through the broker, as a multiple of the same work done bare (p50 / p50):',
    '',
    ratios(results, ({ p50 }) => p50),
    '',
    'Processor time of one operation, of all processes together, as a multiple of the same work done bare:',
    '',
    ratios(results, ({ cpu }) => cpu),
    '',
    'The times behind them:',
    '',
    table(
      ['server', 'clients', 'operation', 'way', 'n', 'p50 ms', 'p99 ms', 'per second', 'CPU ms'],
      results.flatMap(timesOf),
    ),
  ].join('\n');
}

function ratios(results: readonly Result[], of: (summary: Summary) => number): string {
  return table(
    ['server', 'clients', ...OPERATIONS],
    results.map(({ server, clients, measured }) => [
      server,
      String(clients),
      ...OPERATIONS.map((operation) => (of(measured.broker[operation]) / of(measured.bare[operation])).toFixed(2)),
    ]),
  );
}

function timesOf({ server, clients, measured }: Result): string[][] {
  return OPERATIONS.flatMap((operation) =>
    (['broker', 'bare'] as const).map((way) => {
      const { count, p50, p99, perSecond, cpu } = measured[way][operation];
      return [
        server,
        String(clients),
        operation,
        way,
        String(count),
        ...[p50, p99, perSecond, cpu].map((x) => x.toFixed(1)),
      ];
    }),
  );
}
