/**
 * `npm run bench -- broker [--n 48] [--clients 1,8,32] [--seconds 120] [--limit 8]`: what does the broker add to the SQL it sends?
 *
 * Provisions, binds, unbinds and deprovisions on each server through a broker over HTTP and, in turns with it, with the
 * same SQL done bare. Prints the ratios first. `--n` instances each way, `--clients` at once; after `--seconds` no
 * further round begins, and the tables say how many there were; `--limit` is the broker's limits.operationsPerServer.
 * docs/benchmarks.md has a run and how to read it.
 */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { engineFactory } from '../broker/create-engine.ts';
import { toError, UsageError } from '../lib/runtime/errors.ts';
import { silentLogger } from '../lib/runtime/log.ts';
import { bare } from './broker/bare.ts';
import { cpuTimeOf } from './broker/cpu-time.ts';
import { measure } from './broker/measure.ts';
import { report } from './broker/report.ts';
import type { Result } from './broker/report.ts';
import { throughBroker } from './broker/through-broker.ts';
import { startWorld } from './broker/world.ts';
import type { TenantServer, World } from './broker/world.ts';

interface Arguments {
  readonly instances: number;
  readonly clients: readonly number[];
  readonly seconds: number;
  /** Undefined: the broker's default. */
  readonly operationsPerServer: number | undefined;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      n: { type: 'string', default: '48' },
      clients: { type: 'string', default: '1,8,32' },
      seconds: { type: 'string', default: '120' },
      limit: { type: 'string' },
    },
  });
  return {
    instances: count('--n', values.n, 100_000),
    clients: values.clients.split(',').map((text) => count('--clients', text, 64)),
    seconds: count('--seconds', values.seconds, 86_400),
    operationsPerServer: values.limit === undefined ? undefined : count('--limit', values.limit, 64),
  };
}

function count(name: string, text: string, greatest: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= greatest) return number;
  throw new UsageError(`${name} must be a number from 1 to ${greatest}, not "${text}"`);
}

async function measureAll(world: World, { instances, clients, seconds }: Arguments): Promise<Result[]> {
  const results: Result[] = [];
  const runs = world.tenants.flatMap((tenant) => clients.map((atOnce) => ({ tenant, atOnce })));
  const end = performance.now() + seconds * 1_000;
  for (const [index, { tenant, atOnce }] of runs.entries()) {
    console.error(`${tenant.product}, ${atOnce} at once …`);
    // What is left is shared evenly among what is still to be measured.
    const deadline = performance.now() + (end - performance.now()) / (runs.length - index);
    const broker = throughBroker(world.broker, tenant.config.engine);
    const without = await bare(tenant.config, world.store, atOnce);
    try {
      const measured = await measure({
        broker,
        bare: without,
        clients: atOnce,
        instances,
        deadline,
        cpuTime: cpuTimeOf(world.pids),
      });
      results.push({ server: tenant.product, clients: atOnce, measured });
    } finally {
      await Promise.all([broker.close(), without.close()]);
    }
  }
  return results;
}

/** A measurement of work that was not done is none: nothing may be left on a server. */
async function checkNothingIsLeft({ config, product }: TenantServer): Promise<void> {
  const engine = engineFactory(silentLogger(), 1)(config);
  try {
    const { databases, logins } = await engine.census();
    if (databases.length + logins.length === 0) return;
    throw new Error(`${product} still has ${databases.length} databases and ${logins.length} logins of the broker`);
  } finally {
    await engine.close();
  }
}

function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  return (
    `${availableParallelism()} × ${model}, ${memory} GiB, ${process.platform} ${process.arch}, ` +
    `Node ${process.versions.node}, load ${load} before`
  );
}

async function run(wanted: Arguments, signal: AbortSignal): Promise<string> {
  const described = machine();
  console.error('starting the servers and the broker …');
  const { operationsPerServer } = wanted;
  const world = await startWorld(signal, operationsPerServer === undefined ? {} : { operationsPerServer });
  try {
    if (world.mysqlUnavailable !== undefined) console.error(`NOT MEASURED: MySQL. ${world.mysqlUnavailable}`);
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => {
      reject(toError(signal.reason));
    });
    const results = await Promise.race([measureAll(world, wanted), aborted]);
    for (const tenant of world.tenants) await checkNothingIsLeft(tenant);
    return `${report(results)}\n\nOn ${described}.`;
  } finally {
    await world.stop();
  }
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
