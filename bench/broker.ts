/**
 * `npm run bench -- broker`: what does the broker add to the SQL it sends?
 *
 * Provisions, binds, unbinds and deprovisions on each server through a broker over HTTP and, in turns with it, with the
 * same SQL done bare. Prints the ratios first, and how many rounds there was time for. docs/benchmarks.md has a run and
 * how to read it.
 */
import { bare } from './broker/bare.ts';
import { measure, warmUp } from './broker/measure.ts';
import { measureOnWorld } from './broker/on-world.ts';
import { report } from './broker/report.ts';
import type { Result } from './broker/report.ts';
import { throughBroker } from './broker/through-broker.ts';
import type { World } from './broker/world.ts';
import { argumentsOf } from './shared/command.ts';
import type { FlagValues } from './shared/command.ts';
import { cpuTimeOf } from './shared/cpu-time.ts';
import { count, runMeasurement } from './shared/measurement.ts';

interface Arguments {
  readonly instances: number;
  readonly clients: readonly number[];
  readonly seconds: number;
  /** Undefined: the broker's default. */
  readonly operationsPerServer: number | undefined;
}

const COMMAND = {
  name: 'npm run bench -- broker',
  says: 'What does the broker add to the SQL it sends? docs/benchmarks.md has a run and how to read it.',
  flags: {
    n: { value: 'N', says: 'instances each way', default: '48' },
    clients: { value: 'N,N', says: 'how many clients at once, one run for each number', default: '1,8,32' },
    seconds: { value: 'N', says: 'after so many no further round begins', default: '120' },
    limit: { value: 'N', says: "the broker's limits.operationsPerServer; the broker's own default without" },
  },
} as const;

function readArguments(values: FlagValues<typeof COMMAND.flags>): Arguments {
  return {
    instances: count('--n', values.n, 100_000),
    clients: values.clients.split(',').map((text) => count('--clients', text, 64)),
    seconds: count('--seconds', values.seconds, 86_400),
    operationsPerServer: values.limit === undefined ? undefined : count('--limit', values.limit, 64),
  };
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
      if (atOnce === clients[0]) for (const way of [broker, without]) await warmUp(way);
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

async function run(wanted: Arguments, signal: AbortSignal, aborted: Promise<never>): Promise<string> {
  const { operationsPerServer } = wanted;
  const options = { operationsPerServer, signal, aborted };
  const { results, machine } = await measureOnWorld(options, (world) => measureAll(world, wanted));
  return `${report(results)}\n\nOn ${machine}.`;
}

const wanted = argumentsOf(COMMAND, readArguments);
await runMeasurement((signal, aborted) => run(wanted, signal, aborted));
