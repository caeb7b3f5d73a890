import type { TenantServer } from './broker-config.ts';
import { writePrivateFile } from './home/private-files.ts';
import type { ServerAddress } from './servers/server.ts';

/** What programs on this machine may know about the running stack; the file is for its owner only. */
export interface Endpoints {
  readonly ready: boolean;
  readonly broker: {
    readonly url: string;
    readonly username: string;
    readonly password: string;
    readonly caFile: string;
  };
  readonly apiserver: { readonly url: string; readonly kubeconfig: string };
  /** With administrators' URLs, for tests. `store` is the broker's own. */
  readonly servers: readonly {
    readonly name: string;
    readonly engine: string;
    readonly product: string;
    readonly version: string;
    readonly url: string;
  }[];
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
}

/** Keeps `endpoints.json` true while the stack changes. Writes are made one after the other, the last one wins. */
export class EndpointsFile {
  readonly #path: string;
  #current: Endpoints;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, initial: Endpoints) {
    this.#path = path;
    this.#current = initial;
  }

  get current(): Endpoints {
    return this.#current;
  }

  update(change: Partial<Endpoints>): Promise<void> {
    this.#current = { ...this.#current, ...change };
    const text = `${JSON.stringify(this.#current, undefined, 2)}\n`;
    this.#writing = this.#writing.catch(() => undefined).then(() => writePrivateFile(this.#path, text));
    return this.#writing;
  }
}

/** The servers of a stack as the file names them. */
export function describeServers(store: ServerAddress, tenants: readonly TenantServer[]): Endpoints['servers'] {
  const own = { name: 'store', engine: 'postgresql' as const, address: store };
  return [...tenants, own].map(({ name, engine, address }) => ({
    name,
    engine,
    product: address.product,
    version: address.version,
    url: adminUrl(engine, address),
  }));
}

/** An administrator's URL of a server. */
function adminUrl(engine: 'postgresql' | 'mysql', address: ServerAddress): string {
  const url = new URL(`${engine}://${address.host}:${address.port}/`);
  url.username = encodeURIComponent(address.username);
  url.password = encodeURIComponent(address.password);
  if (engine === 'postgresql') url.pathname = '/postgres';
  return url.href;
}
