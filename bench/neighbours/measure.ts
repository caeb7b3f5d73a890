import { setTimeout as sleep } from 'node:timers/promises';
import { newSubject, OPERATIONS } from '../broker/way.ts';
import type { Way } from '../broker/way.ts';
import { summarize } from '../broker/statistics.ts';
import type { Samples, Summary } from '../broker/statistics.ts';
import type { TenantProcess } from './tenant-process.ts';

/** What a tenant met while nothing happened, while others were made by the broker, and while they were made bare. */
export const PHASES = ['quiet', 'broker', 'bare'] as const;
export type PhaseName = (typeof PHASES)[number];

/** The tenant's transactions in all phases of a kind. */
export interface Met extends Summary {
  /** How long the phases took, seconds. */
  readonly seconds: number;
}
export type Measured = Readonly<Record<PhaseName, Met>>;

export interface Plan {
  readonly tenant: TenantProcess;
  readonly broker: Way;
  readonly bare: Way;
  /** Instances that come and go in one phase. */
  readonly others: number;
  /** Of them at once. */
  readonly atOnce: number;
  readonly quietSeconds: number;
  readonly rounds: number;
}

/** Alternates quiet and busy phases in one run; every second round the ways change places. */
export async function measureNeighbours(plan: Plan): Promise<Measured> {
  const { tenant, quietSeconds } = plan;
  const none = (): Samples => ({ durations: [], elapsed: 0, cpu: NaN });
  const samples = { quiet: none(), broker: none(), bare: none() };
  const phase = async (name: PhaseName, work: () => Promise<void>): Promise<void> => {
    const { durations, elapsed } = await tenant.during(work);
    for (const duration of durations) samples[name].durations.push(duration);
    samples[name].elapsed += elapsed;
  };
  const quiet = (): Promise<void> => phase('quiet', () => sleep(quietSeconds * 1_000));
  for (const way of [plan.broker, plan.bare]) await comeAndGo(way, plan.atOnce, plan.atOnce);
  for (let turn = 0; turn < plan.rounds; turn += 1) {
    for (const way of turn % 2 === 0 ? [plan.broker, plan.bare] : [plan.bare, plan.broker]) {
      await quiet();
      await phase(way.name, () => comeAndGo(way, plan.others, plan.atOnce));
    }
  }
  const met = (name: PhaseName): Met => ({ ...summarize(samples[name]), seconds: samples[name].elapsed / 1_000 });
  return { quiet: met('quiet'), broker: met('broker'), bare: met('bare') };
}

/** Creates, binds, unbinds and deletes so many instances. */
async function comeAndGo(way: Way, others: number, atOnce: number): Promise<void> {
  const waiting = Array.from({ length: others }, newSubject);
  const client = async (): Promise<void> => {
    for (let subject = waiting.pop(); subject !== undefined; subject = waiting.pop()) {
      for (const operation of OPERATIONS) await way.perform(operation, subject);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
}
