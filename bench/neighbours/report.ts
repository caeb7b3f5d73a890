import { table } from '../shared/table.ts';
import type { Measured, Met } from './measure.ts';
import { PHASES } from './measure.ts';

/** What the tenant of one server met. */
export interface Result {
  /** `PostgreSQL 18.4`. */
  readonly server: string;
  readonly measured: Measured;
}

/** The ratios before the times. Markdown, for docs/benchmarks.md. */
export function report(results: readonly Result[], others: number): string {
  return [
    `One tenant's transactions while ${others} other instances come and go, as a multiple of the quiet phases:`,
    '',
    table(
      ['server', 'others made by', 'p50', 'p99', 'per second'],
      results.flatMap(({ server, measured: { quiet, ...busy } }) =>
        (['broker', 'bare'] as const).map((name) => [
          server,
          name,
          ratio(busy[name], quiet, 'p50'),
          ratio(busy[name], quiet, 'p99'),
          ratio(busy[name], quiet, 'perSecond'),
        ]),
      ),
    ),
    '',
    'The times behind them:',
    '',
    table(
      ['server', 'phases', 'transactions', 'p50 ms', 'p99 ms', 'per second', 'seconds'],
      results.flatMap(({ server, measured }) =>
        PHASES.map((name) => {
          const { count, p50, p99, perSecond, seconds } = measured[name];
          return [
            server,
            name,
            String(count),
            ...[p50, p99].map((x) => x.toFixed(2)),
            ...[perSecond, seconds].map((x) => x.toFixed(1)),
          ];
        }),
      ),
    ),
  ].join('\n');
}

const ratio = (busy: Met, quiet: Met, of: 'p50' | 'p99' | 'perSecond'): string => (busy[of] / quiet[of]).toFixed(2);
