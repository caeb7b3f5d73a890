import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer } from './api-server.ts';
import { runBare } from './bare.ts';
import type { BareAccess } from './bare.ts';
import { startControllers } from './controllers.ts';
import type { Memory } from './controllers.ts';
import { newPairs } from './pairs.ts';
import type { Order, Turn } from './pairs.ts';
import { requestsBetween } from './request-counts.ts';
import type { RequestCounts } from './request-counts.ts';
import { runThroughControllers } from './through-controllers.ts';
import type { World } from './world.ts';

/** One turn, and what it cost the API server. */
export interface Measured extends Turn {
  readonly createRequests: RequestCounts;
  readonly deleteRequests: RequestCounts;
  /** Of the API server and its storage, for everything, seconds. */
  readonly apiCpuSeconds: number;
}

/** One turn of the controllers, and what it cost them. */
export interface ControllersMeasured extends Measured {
  /** Calls to the broker, by method. */
  readonly calls: ReadonlyMap<string, number>;
  /** For everything, seconds. */
  readonly cpuSeconds: number;
  /** Before there was any pair. */
  readonly idle: Memory;
  /** When all were Ready. */
  readonly full: Memory;
}

export interface TurnPlan {
  readonly pairs: number;
  /** Requests at once: of the bare client, of the user, and of the controllers together. */
  readonly atOnce: number;
  /** Pairs that a process makes and removes before it is measured: one that has just started is slower than it will be. */
  readonly warmUp: number;
  /** No request for so long means that what is written later, such as Events, has been written, milliseconds. */
  readonly quietMs: number;
}

export async function bareTurn(
  world: World,
  { pairs, atOnce, warmUp, quietMs }: TurnPlan,
  manner: BareAccess['manner'],
): Promise<Measured> {
  const turn = async (count: number): Promise<Measured> => {
    const namespace = await world.newNamespace();
    const counted = new Counted(world.api, quietMs);
    const measured = await counted.measure((whileReady) =>
      runBare({ ...world, manner, atOnce, whileReady }, newPairs(count, namespace, world.offer)),
    );
    await world.checkNothingIsLeft(namespace);
    return measured;
  };
  await world.api.admit?.(false);
  await turn(warmUp);
  return turn(pairs);
}

/** In a process of controllers of its own. */
export async function controllersTurn(
  world: World,
  { pairs, atOnce, warmUp, quietMs }: TurnPlan,
  order: Order,
): Promise<ControllersMeasured> {
  await world.api.admit?.(true);
  const controllers = await startControllers(world.processes, world.api, atOnce, world.signal);
  try {
    const idle = await controllers.memory();
    const turn = async (count: number, atReady: () => Promise<void>): Promise<Measured> => {
      const namespace = await world.newNamespace();
      const measured = await new Counted(world.api, quietMs).measure((whileReady) =>
        runThroughControllers(
          {
            kube: world.kube,
            atOnce,
            order,
            whileReady: async () => {
              await atReady();
              await whileReady();
            },
          },
          newPairs(count, namespace, world.offer),
        ),
      );
      await world.checkNothingIsLeft(namespace);
      return measured;
    };
    await turn(warmUp, async () => undefined);
    const callsBefore = await controllers.brokerCalls();
    const cpuBefore = await controllers.cpuSeconds();
    let full = idle;
    const measured = await turn(pairs, async () => {
      full = await controllers.memory();
    });
    return {
      ...measured,
      cpuSeconds: (await controllers.cpuSeconds()) - cpuBefore,
      calls: requestsBetween(callsBefore, await controllers.brokerCalls()),
      idle,
      full,
    };
  } finally {
    await controllers.stop();
  }
}

/** Counts the requests of the two halves of a turn. */
class Counted {
  readonly #api: ApiServer;
  readonly #quietMs: number;

  constructor(api: ApiServer, quietMs: number) {
    this.#api = api;
    this.#quietMs = quietMs;
  }

  async measure(run: (whileReady: () => Promise<void>) => Promise<Turn>): Promise<Measured> {
    const cpuBefore = await this.#api.cpuSeconds();
    const before = await this.#settled();
    let between: RequestCounts = before;
    const turn = await run(async () => {
      between = await this.#settled();
    });
    const after = await this.#settled();
    return {
      ...turn,
      createRequests: requestsBetween(before, between),
      deleteRequests: requestsBetween(between, after),
      apiCpuSeconds: (await this.#api.cpuSeconds()) - cpuBefore,
    };
  }

  /** The counts when nothing has been added for a while. */
  async #settled(): Promise<RequestCounts> {
    for (let counts = await this.#api.requests(); ;) {
      await sleep(this.#quietMs);
      const next = await this.#api.requests();
      if (requestsBetween(counts, next).size === 0) return next;
      counts = next;
    }
  }
}
