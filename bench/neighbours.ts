/**
 * `npm run bench -- neighbours`: what does a tenant feel of others that come and go?
 *
 * A tenant does small transactions in its database while the given number of others are created, bound, unbound and
 * deleted by the broker, by the same SQL done bare, and not at all, in turns. Prints the ratios first.
 * docs/benchmarks.md has a run and how to read it.
 */
import { bare } from './broker/bare.ts';
import { measureOnWorld } from './broker/on-world.ts';
import { bindNeighbour, throughBroker } from './broker/through-broker.ts';
import { newSubject } from './broker/way.ts';
import type { TenantServer, World } from './broker/world.ts';
import { measureNeighbours } from './neighbours/measure.ts';
import type { Measured } from './neighbours/measure.ts';
import { report } from './neighbours/report.ts';
import type { Result } from './neighbours/report.ts';
import { startTenant } from './neighbours/tenant-process.ts';
import { argumentsOf } from './shared/command.ts';
import type { FlagValues } from './shared/command.ts';
import { count, runMeasurement } from './shared/measurement.ts';

interface Arguments {
  readonly others: number;
  readonly atOnce: number;
  readonly clients: number;
  readonly thinkMs: number;
  readonly rounds: number;
  readonly quietSeconds: number;
  /** Undefined: the broker's default. */
  readonly operationsPerServer: number | undefined;
}

const COMMAND = {
  name: 'npm run bench -- neighbours',
  says: 'What does a tenant feel of others that come and go? docs/benchmarks.md has a run and how to read it.',
  flags: {
    others: { value: 'N', says: 'instances that come and go in a phase', default: '50' },
    'at-once': { value: 'N', says: 'how many of them at once', default: '8' },
    clients: { value: 'N', says: 'clients of the tenant', default: '4' },
    think: { value: 'N', says: 'milliseconds each of them waits between transactions', default: '5' },
    rounds: { value: 'N', says: 'rounds of all phases', default: '2' },
    quiet: { value: 'N', says: 'seconds of a phase in which nobody comes or goes', default: '10' },
    limit: { value: 'N', says: "the broker's limits.operationsPerServer; the broker's own default without" },
  },
} as const;

function readArguments(values: FlagValues<typeof COMMAND.flags>): Arguments {
  return {
    others: count('--others', values.others, 10_000),
    atOnce: count('--at-once', values['at-once'], 64),
    clients: count('--clients', values.clients, 10),
    thinkMs: count('--think', values.think, 60_000),
    rounds: count('--rounds', values.rounds, 1_000),
    quietSeconds: count('--quiet', values.quiet, 3_600),
    operationsPerServer: values.limit === undefined ? undefined : count('--limit', values.limit, 64),
  };
}

/** The tenant has an instance and a binding like everybody's; both are gone afterwards. */
async function measureOn(world: World, server: TenantServer, wanted: Arguments): Promise<Measured> {
  const { engine } = server.config;
  const broker = throughBroker(world.broker, engine);
  const without = await bare(server.config, world.store, wanted.atOnce);
  const subject = newSubject();
  try {
    await broker.perform('provision', subject);
    const credentials = await bindNeighbour(world.broker, engine, subject);
    const tenant = await startTenant({ engine, credentials, clients: wanted.clients, thinkMs: wanted.thinkMs });
    try {
      return await measureNeighbours({ ...wanted, tenant, broker, bare: without });
    } finally {
      await tenant.stop();
      await broker.perform('unbind', subject);
      await broker.perform('deprovision', subject);
    }
  } finally {
    await Promise.all([broker.close(), without.close()]);
  }
}

async function measureAll(world: World, wanted: Arguments): Promise<Result[]> {
  const results: Result[] = [];
  for (const tenant of world.tenants) {
    console.error(`${tenant.product} …`);
    results.push({ server: tenant.product, measured: await measureOn(world, tenant, wanted) });
  }
  return results;
}

async function run(wanted: Arguments, signal: AbortSignal, aborted: Promise<never>): Promise<string> {
  const { operationsPerServer } = wanted;
  const options = { operationsPerServer, signal, aborted };
  const { results, machine } = await measureOnWorld(options, (world) => measureAll(world, wanted));
  const tenant = `${wanted.clients} clients of the tenant, ${wanted.thinkMs} ms between their transactions`;
  return `${report(results, wanted.others)}\n\n${tenant}; ${wanted.atOnce} others at once. On ${machine}.`;
}

const wanted = argumentsOf(COMMAND, readArguments);
await runMeasurement((signal, aborted) => run(wanted, signal, aborted));
