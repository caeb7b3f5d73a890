/**
 * `npm run bench -- catalog [--n 50,200,500] [--api embedded|real|both] [--rounds 3] [--at-once 10] [--count 50]`: what
 * do the controllers add to the work itself?
 *
 * So many pairs of an instance and a binding to it are applied together, until all are Ready, and deleted, until nothing
 * is left: by the controllers, and in turns with them by a bare client that does the necessary writes and calls and
 * nothing else. Prints ratios and requests per pair first. docs/benchmarks.md has a run and how to read it.
 */
import { parseArgs } from 'node:util';
import { UsageError } from '../lib/runtime/errors.ts';
import { startEmbeddedApi } from './catalog/embedded-api.ts';
import { measureOn } from './catalog/measure.ts';
import type { Budget, Comparison, StartApi, Wanted } from './catalog/measure.ts';
import { startRealApi } from './catalog/real-api.ts';
import { report } from './catalog/report.ts';
import { load, machine } from './shared/machine.ts';

const SERVERS: Readonly<Record<'embedded' | 'real', StartApi>> = { embedded: startEmbeddedApi, real: startRealApi };

/** Enough for the hot paths to be compiled. */
const WARM_UP = 20;
/** Much longer than it takes to write what nobody waits for. */
const QUIET_MS = 500;

interface Arguments extends Wanted {
  readonly servers: readonly StartApi[];
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      n: { type: 'string', default: '50,200,500' },
      api: { type: 'string', default: 'both' },
      rounds: { type: 'string', default: '3' },
      'at-once': { type: 'string', default: '10' },
      count: { type: 'string', default: '50' },
    },
  });
  return {
    pairs: values.n.split(',').map((text) => number('--n', text, 1, 5_000)),
    servers: serversOf(values.api),
    rounds: number('--rounds', values.rounds, 1, 100),
    warmUp: WARM_UP,
    quietMs: QUIET_MS,
    atOnce: number('--at-once', values['at-once'], 1, 100),
    counted: number('--count', values.count, 0, 5_000),
  };
}

function serversOf(text: string): StartApi[] {
  if (text === 'both') return [SERVERS.embedded, SERVERS.real];
  if (text === 'embedded' || text === 'real') return [SERVERS[text]];
  throw new UsageError(`--api must be embedded, real or both, not "${text}"`);
}

function number(name: string, text: string, least: number, greatest: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= greatest) return value;
  throw new UsageError(`${name} must be a number from ${least} to ${greatest}, not "${text}"`);
}

async function run(wanted: Arguments, signal: AbortSignal): Promise<string> {
  const described = machine();
  const comparisons: Comparison[] = [];
  const budgets: Budget[] = [];
  for (const start of wanted.servers) {
    const measured = await measureOn(start, wanted, signal, (api, what) => {
      console.error(`${api}: ${what} … (load ${load()})`);
    });
    comparisons.push(...measured.comparisons);
    if (measured.budget !== undefined) budgets.push(measured.budget);
  }
  return `${report(comparisons, budgets)}\n\n${wanted.atOnce} at once. On ${described}.`;
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    stopping.abort(new UsageError(`ended by ${signal}`));
  });
}
try {
  console.log(await run(readArguments(), stopping.signal));
} catch (thrown) {
  console.error(thrown instanceof UsageError ? thrown.message : thrown);
  process.exitCode = thrown instanceof UsageError ? 2 : 1;
}
