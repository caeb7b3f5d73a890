import { percentile } from '../broker/statistics.ts';
import type { ApiServer } from './api-server.ts';
import { Processes } from './processes.ts';
import { bareTurn, controllersTurn } from './turns.ts';
import type { ControllersMeasured, Measured, TurnPlan } from './turns.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

/** All three ways with one number of pairs on one API server: the turns of each, in the order they were made. */
export interface Comparison {
  readonly api: string;
  readonly pairs: number;
  readonly controllers: readonly ControllersMeasured[];
  readonly bare: readonly Measured[];
  readonly careful: readonly Measured[];
}

/** What the ways ask of the API server for one pair, in both orders. */
export interface Budget {
  readonly api: string;
  readonly pairs: number;
  readonly together: ControllersMeasured;
  readonly oneAfterTheOther: ControllersMeasured;
  readonly bare: Measured;
  readonly careful: Measured;
}

/** What is to be measured on one API server. */
export interface Wanted {
  /** Numbers of pairs. */
  readonly pairs: readonly number[];
  /** Turns of each way with each number. */
  readonly rounds: number;
  readonly atOnce: number;
  /** Pairs to warm up with. */
  readonly warmUp: number;
  /** No request for so long means that what is written later, such as Events, has been written, milliseconds. */
  readonly quietMs: number;
  /** Pairs with which requests are counted; 0 leaves that out. */
  readonly counted: number;
}

export type StartApi = (processes: Processes, signal: AbortSignal) => Promise<ApiServer>;

/** Starts an API server and all that belongs to it, measures, and leaves nothing running. */
export async function measureOn(
  start: StartApi,
  wanted: Wanted,
  signal: AbortSignal,
  aborted: Promise<never>,
  say: (api: string, what: string) => void,
): Promise<{ readonly comparisons: Comparison[]; readonly budget: Budget | undefined }> {
  const processes = await Processes.create();
  let api: ApiServer | undefined;
  let world: World | undefined;
  try {
    api = await start(processes, signal);
    world = await createWorld(processes, api, signal);
    return await Promise.race([measureAll(world, wanted, say), aborted]);
  } finally {
    await world?.close();
    await api?.stop();
    await processes.remove();
  }
}

async function measureAll(
  world: World,
  { pairs, rounds, atOnce, warmUp, quietMs, counted }: Wanted,
  say: (api: string, what: string) => void,
): Promise<{ readonly comparisons: Comparison[]; readonly budget: Budget | undefined }> {
  const { name } = world.api;
  say(name, 'requests');
  const budget = counted === 0 ? undefined : await countRequests(world, { pairs: counted, atOnce, warmUp, quietMs });
  const comparisons: Comparison[] = [];
  for (const count of pairs) {
    say(name, `${count} pairs`);
    comparisons.push(await compare(world, { pairs: count, atOnce, warmUp, quietMs }, rounds));
  }
  return { comparisons, budget };
}

/** The ways in turns, so that whatever else the machine does weighs on all; every second round begins with the last. */
async function compare(world: World, plan: TurnPlan, rounds: number): Promise<Comparison> {
  const controllers: ControllersMeasured[] = [];
  const bare: Measured[] = [];
  const careful: Measured[] = [];
  const ways = [
    async () => void controllers.push(await controllersTurn(world, plan, 'together')),
    async () => void bare.push(await bareTurn(world, plan, 'bare')),
    async () => void careful.push(await bareTurn(world, plan, 'careful')),
  ];
  for (let round = 0; round < rounds; round += 1) {
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) await way();
  }
  return { api: world.api.name, pairs: plan.pairs, controllers, bare, careful };
}

/** Counts requests; how long it takes does not matter here. */
async function countRequests(world: World, plan: TurnPlan): Promise<Budget> {
  return {
    api: world.api.name,
    pairs: plan.pairs,
    together: await controllersTurn(world, plan, 'together'),
    oneAfterTheOther: await controllersTurn(world, plan, 'one after the other'),
    bare: await bareTurn(world, plan, 'bare'),
    careful: await bareTurn(world, plan, 'careful'),
  };
}

/** The median: one turn that met a busy machine does not move it. */
export function median(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}
