import { newSubject, OPERATIONS } from './way.ts';
import type { Operation, Subject, Way } from './way.ts';
import { summarize } from './statistics.ts';
import type { Samples, Summary } from './statistics.ts';
import type { CpuTime } from '../shared/cpu-time.ts';

export type WayName = Way['name'];
export type Measured = Readonly<Record<WayName, Readonly<Record<Operation, Summary>>>>;

export interface Plan {
  readonly broker: Way;
  readonly bare: Way;
  /** Requests at once. */
  readonly clients: number;
  /** Instances each way; rounded up to whole rounds. */
  readonly instances: number;
  /** No further pair of rounds begins after this, in the terms of performance.now(). */
  readonly deadline: number;
  readonly cpuTime: CpuTime;
}

const WARM_UPS = 40;
/** Instances that exist at once, for each client: so many that the end of a round, where clients run dry, weighs little. */
const PER_CLIENT = 2;

/**
 * Measures both ways in turns, so that whatever else the machine does weighs on both alike. A round does each operation
 * with all its instances before the next operation begins; every second pair of rounds begins with the other way.
 */
export async function measure(plan: Plan): Promise<Measured> {
  const { clients } = plan;
  const samples = { broker: noSamples(), bare: noSamples() };
  for (const way of [plan.broker, plan.bare]) await round(way, plan, clients, noSamples());
  const perRound = Math.max(6, PER_CLIENT * clients);
  for (let done = 0, turn = 0; done < plan.instances; done += perRound, turn += 1) {
    if (turn > 0 && performance.now() > plan.deadline) break;
    const pair = turn % 2 === 0 ? [plan.broker, plan.bare] : [plan.bare, plan.broker];
    for (const way of pair) await round(way, plan, perRound, samples[way.name]);
  }
  return { broker: summaries(samples.broker), bare: summaries(samples.bare) };
}

/** A program that has just started is compiled while it runs; one that has been up for a day is not. */
export async function warmUp(way: Way): Promise<void> {
  const instance = newSubject();
  const { instanceId, database } = instance;
  const subjects = Array.from({ length: WARM_UPS }, () => ({ ...newSubject(), instanceId, database }));
  await way.perform('provision', instance);
  for (const operation of ['bind', 'unbind'] as const) {
    for (const subject of subjects) await way.perform(operation, subject);
  }
  await way.perform('deprovision', instance);
}

async function round(
  way: Way,
  { clients, cpuTime }: Plan,
  instances: number,
  samples: Readonly<Record<Operation, Samples>>,
): Promise<void> {
  const subjects = Array.from({ length: instances }, newSubject);
  for (const operation of OPERATIONS) {
    const { durations } = samples[operation];
    const cpuBefore = cpuTime();
    const begun = performance.now();
    const waiting: Subject[] = [...subjects];
    const client = async (): Promise<void> => {
      for (let subject = waiting.pop(); subject !== undefined; subject = waiting.pop()) {
        const sent = performance.now();
        await way.perform(operation, subject);
        durations.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    samples[operation].elapsed += performance.now() - begun;
    samples[operation].cpu += cpuTime() - cpuBefore;
  }
}

function noSamples(): Record<Operation, Samples> {
  const none = (): Samples => ({ durations: [], elapsed: 0, cpu: 0 });
  return { provision: none(), bind: none(), unbind: none(), deprovision: none() };
}

function summaries(samples: Readonly<Record<Operation, Samples>>): Record<Operation, Summary> {
  return {
    provision: summarize(samples.provision),
    bind: summarize(samples.bind),
    unbind: summarize(samples.unbind),
    deprovision: summarize(samples.deprovision),
  };
}
