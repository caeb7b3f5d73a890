import { UsageError } from '../lib/runtime/errors.ts';

/** What of the stack listens, each on a port of its own. */
export const LISTENERS = ['apiserver', 'broker', 'controller', 'store', 'postgresql', 'mysql'] as const;
export type Listener = (typeof LISTENERS)[number];
export type Ports = Readonly<Record<Listener, number>>;

export interface PortWorld {
  /** A free port that is none of `taken`. */
  readonly find: (taken: ReadonlySet<number>) => Promise<number>;
  readonly isFree: (port: number) => Promise<boolean>;
}

/** The settings that fix a port, with the names users know them by. */
export interface FixedPorts {
  readonly apiserver: number | undefined;
  readonly broker: number | undefined;
}

const SETTING: Readonly<Partial<Record<Listener, string>>> = { apiserver: 'APISERVER_PORT', broker: 'BROKER_PORT' };

/**
 * A port for everything that listens: the one that is fixed by a setting, else that of the last start, so that a
 * kubeconfig and the credentials in Secrets stay true, else a free one. `moved` names those that had to move.
 * Throws {@link UsageError} when a fixed port is in use.
 */
export async function choosePorts(
  fixed: FixedPorts,
  remembered: Partial<Ports>,
  world: PortWorld,
): Promise<{ readonly ports: Ports; readonly moved: readonly Listener[] }> {
  const wanted = (listener: Listener): number | undefined =>
    (listener === 'apiserver' || listener === 'broker' ? fixed[listener] : undefined) ?? remembered[listener];
  const chosen: Partial<Record<Listener, number>> = {};
  const moved: Listener[] = [];
  const taken = new Set<number>(LISTENERS.flatMap((listener) => wanted(listener) ?? []));
  for (const listener of LISTENERS) {
    const port = wanted(listener);
    if (port !== undefined && (await world.isFree(port))) {
      chosen[listener] = port;
      continue;
    }
    const setting = SETTING[listener];
    if (port !== undefined && port === fixed[listener as keyof FixedPorts] && setting !== undefined) {
      throw new UsageError(`Port ${port} (${setting}) is in use by another program.`);
    }
    if (port !== undefined) moved.push(listener);
    chosen[listener] = await world.find(taken);
    taken.add(chosen[listener]);
  }
  return { ports: chosen as Ports, moved };
}
