/**
 * `npm run bench -- catalog`: what do the controllers add to the work itself?
 *
 * So many pairs of an instance and a binding to it are applied together, until all are Ready, and deleted, until nothing
 * is left: by the controllers, and in turns with them by a bare client that does the necessary writes and calls and
 * nothing else. Prints ratios and requests per pair first. docs/benchmarks.md has a run and how to read it.
 */
import { UsageError } from '../lib/runtime/errors.ts';
import { startEmbeddedApi } from './catalog/embedded-api.ts';
import { measureOn } from './catalog/measure.ts';
import type { Budget, Comparison, StartApi, Wanted } from './catalog/measure.ts';
import { startRealApi } from './catalog/real-api.ts';
import { report } from './catalog/report.ts';
import { argumentsOf } from './shared/command.ts';
import type { FlagValues } from './shared/command.ts';
import { load, machine } from './shared/machine.ts';
import { count, runMeasurement } from './shared/measurement.ts';

const SERVERS: Readonly<Record<'embedded' | 'real', StartApi>> = { embedded: startEmbeddedApi, real: startRealApi };

/** Enough for the hot paths to be compiled. */
const WARM_UP = 20;
/** Much longer than it takes to write what nobody waits for. */
const QUIET_MS = 500;

interface Arguments extends Wanted {
  readonly servers: readonly StartApi[];
}

const COMMAND = {
  name: 'npm run bench -- catalog',
  says: 'What do the controllers add to the work itself? docs/benchmarks.md has a run and how to read it.',
  flags: {
    n: { value: 'N,N', says: 'pairs of instance and binding, one comparison for each number', default: '50,200,500' },
    api: { value: 'API', says: 'the API server: embedded, real or both', default: 'both' },
    rounds: { value: 'N', says: 'rounds of each comparison', default: '3' },
    'at-once': { value: 'N', says: 'requests of one side at once', default: '10' },
    count: { value: 'N', says: 'pairs whose requests are counted; 0 counts none', default: '50' },
  },
} as const;

function readArguments(values: FlagValues<typeof COMMAND.flags>): Arguments {
  return {
    pairs: values.n.split(',').map((text) => count('--n', text, 5_000)),
    servers: serversOf(values.api),
    rounds: count('--rounds', values.rounds, 100),
    warmUp: WARM_UP,
    quietMs: QUIET_MS,
    atOnce: count('--at-once', values['at-once'], 100),
    counted: count('--count', values.count, 5_000, 0),
  };
}

function serversOf(text: string): StartApi[] {
  if (text === 'both') return [SERVERS.embedded, SERVERS.real];
  if (text === 'embedded' || text === 'real') return [SERVERS[text]];
  throw new UsageError(`--api must be embedded, real or both, not "${text}"`);
}

async function run(wanted: Arguments, signal: AbortSignal, aborted: Promise<never>): Promise<string> {
  const described = machine();
  const comparisons: Comparison[] = [];
  const budgets: Budget[] = [];
  for (const start of wanted.servers) {
    const measured = await measureOn(start, wanted, signal, aborted, (api, what) => {
      console.error(`${api}: ${what} … (load ${load()})`);
    });
    comparisons.push(...measured.comparisons);
    if (measured.budget !== undefined) budgets.push(measured.budget);
  }
  return `${report(comparisons, budgets)}\n\n${wanted.atOnce} at once. On ${described}.`;
}

const wanted = argumentsOf(COMMAND, readArguments);
await runMeasurement((signal, aborted) => run(wanted, signal, aborted));
