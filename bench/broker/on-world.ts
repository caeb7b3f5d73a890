import { machine } from '../shared/machine.ts';
import { checkNothingIsLeft } from './nothing-left.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

export interface OnWorldOptions {
  /** The broker's limit; undefined: its default. */
  readonly operationsPerServer: number | undefined;
  readonly signal: AbortSignal;
  /** Rejects when the signal aborts, for what cannot be told otherwise. */
  readonly aborted: Promise<never>;
}

/** What was measured, and the machine as it was before. */
export interface OnWorld<T> {
  readonly results: T;
  readonly machine: string;
}

/**
 * Measures on a {@link World} that is started for it and stopped afterwards. Says which server there is none of.
 * Throws when what was measured left something on a server.
 */
export async function measureOnWorld<T>(
  { operationsPerServer, signal, aborted }: OnWorldOptions,
  measure: (world: World) => Promise<T>,
): Promise<OnWorld<T>> {
  const described = machine();
  console.error('starting the servers and the broker …');
  const world = await startWorld(signal, operationsPerServer === undefined ? {} : { operationsPerServer });
  try {
    if (world.mysqlUnavailable !== undefined) console.error(`NOT MEASURED: MySQL. ${world.mysqlUnavailable}`);
    const results = await Promise.race([measure(world), aborted]);
    for (const tenant of world.tenants) await checkNothingIsLeft(tenant);
    return { results, machine: described };
  } finally {
    await world.stop();
  }
}
