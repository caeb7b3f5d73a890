import { percentile } from '../broker/statistics.ts';
import { table } from '../shared/table.ts';
import { median } from './measure.ts';
import type { Budget, Comparison } from './measure.ts';
import { isAboutEvents, total } from './request-counts.ts';
import type { RequestCounts } from './request-counts.ts';
import type { Measured } from './turns.ts';

const MEGABYTE = 1_000_000;
const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(2);
const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(0);
const isNoEvent = (kind: string): boolean => !isAboutEvents(kind);

/** The ratios and the counts, which mean something on any machine, before the times, which do not. Markdown. */
export function report(comparisons: readonly Comparison[], budgets: readonly Budget[]): string {
  return [
    'Time through the controllers, as a multiple of that of the bare client and of the careful one (medians of the turns):',
    '',
    table(
      ['API server', 'pairs', 'all Ready: bare', 'careful', 'nothing left: bare', 'careful'],
      comparisons.map(ratiosOf),
    ),
    '',
    'Requests to the API server for one pair, and calls to the broker:',
    '',
    table(
      ['API server', 'way', 'create', 'and Events', 'delete', 'and Events', 'broker calls'],
      budgets.flatMap(budgetOf),
    ),
    '',
    'Which requests these are, without Events:',
    '',
    table(['API server', 'request', 'create', 'delete'], budgets.flatMap(kindsOf)),
    '',
    'The times behind the ratios:',
    '',
    table(
      [
        'API server',
        'pairs',
        'way',
        'turns',
        'all Ready s',
        'pair p50 s',
        'pair p99 s',
        'nothing left s',
        'API server CPU ms/pair',
      ],
      comparisons.flatMap((comparison) => [
        timesOf(comparison, 'controllers', comparison.controllers),
        timesOf(comparison, 'careful', comparison.careful),
        timesOf(comparison, 'bare', comparison.bare),
      ]),
    ),
    '',
    'What the controllers use (MB of 10^6 bytes; above the same process before there was a pair):',
    '',
    table(
      [
        'API server',
        'pairs',
        'CPU ms/pair',
        'idle RSS',
        'RSS above it',
        'heap in use above it',
        'RSS above it after a collection',
      ],
      comparisons.map(costOf),
    ),
  ].join('\n');
}

function ratiosOf({ api, pairs, controllers, bare, careful }: Comparison): string[] {
  const ratios = (of: (turn: Measured) => number): string[] =>
    [bare, careful].map((way) => (median(controllers.map(of)) / median(way.map(of))).toFixed(2));
  return [api, String(pairs), ...ratios(({ createMs }) => createMs), ...ratios(({ deleteMs }) => deleteMs)];
}

function budgetOf({ api, pairs, together, oneAfterTheOther, bare, careful }: Budget): string[][] {
  const row = (way: string, turn: Measured, calls: number): string[] => {
    const each = (counts: RequestCounts, passes?: (kind: string) => boolean): string =>
      (total(counts, passes) / pairs).toFixed(1);
    return [
      api,
      way,
      each(turn.createRequests, isNoEvent),
      each(turn.createRequests, isAboutEvents),
      each(turn.deleteRequests, isNoEvent),
      each(turn.deleteRequests, isAboutEvents),
      calls.toFixed(1),
    ];
  };
  return [
    row('controllers, applied together', together, total(together.calls) / pairs),
    row('controllers, one after the other', oneAfterTheOther, total(oneAfterTheOther.calls) / pairs),
    row('careful', careful, 4),
    row('bare', bare, 4),
  ];
}

function kindsOf({ api, pairs, together }: Budget): string[][] {
  const { createRequests, deleteRequests } = together;
  const kinds = [...new Set([...createRequests.keys(), ...deleteRequests.keys()])].filter(isNoEvent).sort();
  const each = (counts: RequestCounts, kind: string): string => ((counts.get(kind) ?? 0) / pairs).toFixed(2);
  return kinds.map((kind) => [api, kind, each(createRequests, kind), each(deleteRequests, kind)]);
}

function timesOf({ api, pairs }: Comparison, way: string, turns: readonly Measured[]): string[] {
  const sorted = turns.flatMap(({ readyMs }) => readyMs).sort((a, b) => a - b);
  return [
    api,
    String(pairs),
    way,
    String(turns.length),
    seconds(median(turns.map(({ createMs }) => createMs))),
    seconds(percentile(sorted, 0.5)),
    seconds(percentile(sorted, 0.99)),
    seconds(median(turns.map(({ deleteMs }) => deleteMs))),
    ((median(turns.map(({ apiCpuSeconds }) => apiCpuSeconds)) * 1_000) / pairs).toFixed(1),
  ];
}

function costOf({ api, pairs, controllers }: Comparison): string[] {
  const of = (value: (turn: Comparison['controllers'][number]) => number): number => median(controllers.map(value));
  return [
    api,
    String(pairs),
    ((of(({ cpuSeconds }) => cpuSeconds) * 1_000) / pairs).toFixed(1),
    megabytes(of(({ idle }) => idle.resident)),
    megabytes(of(({ idle, full }) => full.resident - idle.resident)),
    megabytes(of(({ idle, full }) => full.heap - idle.heap)),
    megabytes(of(({ idle, full }) => full.residentAfter - idle.residentAfter)),
  ];
}
