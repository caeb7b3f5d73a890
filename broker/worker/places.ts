/** How many operations of one process are at a server at once; the others wait their turn, first come, first served. */
export class Places {
  readonly #atOnce: number;
  readonly #servers = new Map<string, Server>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** How many hold a place at the server, those that wait for their turn included. */
  taken(server: string): number {
    return this.#servers.get(server)?.taken ?? 0;
  }

  /** Whether another would have to wait for its turn. */
  isBusy(server: string): boolean {
    return this.taken(server) >= this.#atOnce;
  }

  get busyServers(): string[] {
    return [...this.#servers.keys()].filter((server) => this.isBusy(server));
  }

  /** A place at the end of the queue. Whoever takes one leaves it again, whether its turn came or not. */
  take(name: string): Place {
    const server = this.#servers.get(name) ?? { taken: 0, active: 0, waiting: new Set() };
    this.#servers.set(name, server);
    server.taken += 1;
    let state: 'waiting' | 'active' | 'left' = 'waiting';
    let callUp: (isTurn: boolean) => void = () => undefined;

    const activate = (): void => {
      state = 'active';
      server.active += 1;
      server.waiting.delete(activate);
      callUp(true);
    };
    return {
      turn: (signal) =>
        new Promise((resolve) => {
          callUp = resolve;
          if (signal.aborted) resolve(false);
          else if (server.active < this.#atOnce) activate();
          else {
            server.waiting.add(activate);
            const giveUp = (): void => {
              server.waiting.delete(activate);
              resolve(false);
            };
            signal.addEventListener('abort', giveUp, { once: true });
          }
        }),
      leave: () => {
        if (state === 'left') return;
        if (state === 'active') server.active -= 1;
        state = 'left';
        server.taken -= 1;
        server.waiting.delete(activate);
        const [next] = server.waiting;
        if (next !== undefined && server.active < this.#atOnce) next();
        if (server.taken === 0) this.#servers.delete(name);
      },
    };
  }
}

/** A place at a server. */
export interface Place {
  /** True when it is this one's turn, false as soon as the signal aborts before. To be asked once. */
  turn(signal: AbortSignal): Promise<boolean>;
  leave(): void;
}

interface Server {
  taken: number;
  active: number;
  /** In the order of their coming. */
  readonly waiting: Set<() => void>;
}
