import { isDeepStrictEqual } from 'node:util';
import type { Circumstances, Passed } from './circumstances.ts';
import type { ModelApiServer, Stored } from './model-api-server.ts';
import type { Versions } from './versions.ts';

/** What an answer of the broker comes to, for an instance or a binding. */
interface Settled<T extends Stored> {
  readonly status: T['status'];
  readonly release: boolean;
  readonly wakeAt?: number;
}

/** The process between API server and broker: what it remembers from pass to pass, and what it writes, as its luck has it. */
export class ModelProcess {
  /** uids of objects whose first intent it wrote itself. */
  readonly fresh = new Set<string>();
  readonly nextPoll = new Map<string, number>();
  readonly nextSecretCheck = new Map<string, number>();
  readonly #api: ModelApiServer;

  constructor(api: ModelApiServer) {
    this.#api = api;
  }

  /** It dies and another one starts. */
  crash(): void {
    this.fresh.clear();
    this.nextPoll.clear();
    this.nextSecretCheck.clear();
    this.#api.instances.restart();
    this.#api.bindings.restart();
  }

  report<T extends Stored>(
    store: Versions<T>,
    seen: T,
    { status, wakeAt }: { readonly status: T['status']; readonly wakeAt?: number | undefined },
    circumstances: Circumstances,
  ): Passed {
    if (isDeepStrictEqual(status, seen.status)) return wakeAt;
    return this.#writeStatus(store, seen, status, false, circumstances);
  }

  recordIntent<T extends Stored>(
    store: Versions<T>,
    seen: T,
    { status, isFirst }: { readonly status: T['status']; readonly isFirst: boolean },
    circumstances: Circumstances,
  ): 'acted' {
    if (this.#writeStatus(store, seen, status, true, circumstances) === 'acted') {
      if (circumstances.mishap === 'none' && isFirst) this.fresh.add(seen.metadata.uid ?? '');
    }
    return 'acted';
  }

  adopt<T extends Stored>(store: Versions<T>, seen: T, spec: object): 'acted' {
    // The conflict tells the process to look again.
    if (this.#api.adopt(store, seen, spec) === 'conflict') store.restart();
    return 'acted';
  }

  release<T extends Stored>(store: Versions<T>, seen: T): 'acted' {
    this.#api.release(store, seen);
    return 'acted';
  }

  /** Writes what the broker's answer comes to, unless it dies before or may not. */
  settle<T extends Stored>(
    store: Versions<T>,
    seen: T,
    { status, release, wakeAt }: Settled<T>,
    circumstances: Circumstances,
  ): 'acted' {
    const uid = seen.metadata.uid ?? '';
    if (wakeAt !== undefined) this.nextPoll.set(uid, wakeAt);
    else this.nextPoll.delete(uid);
    if (circumstances.mishap === 'crash-before-write') this.crash();
    else if (circumstances.mishap === 'none') {
      this.#writeStatus(store, seen, status, false, circumstances);
      if (release) this.release(store, seen);
    }
    return 'acted';
  }

  #writeStatus<T extends Stored>(
    store: Versions<T>,
    seen: T,
    status: T['status'],
    conditional: boolean,
    { mishap }: Circumstances,
  ): 'acted' | undefined {
    if (mishap === 'write-fails') return 'acted';
    const answer = this.#api.updateStatus(store, seen, status, conditional);
    if (answer === 'conflict') {
      // It tells the process to look again.
      store.restart();
      return undefined;
    }
    if (answer === 'written' && mishap === 'crash-before-write') this.crash();
    return 'acted';
  }
}
