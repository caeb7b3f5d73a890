import type { Logger } from '../../lib/runtime/log.ts';

/** How the broker reaches a server as its administrator. */
export interface AdminAccess {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Where the administrator connects; PostgreSQL only. Default `postgres`. */
  readonly database?: string | undefined;
  /** Absent: no TLS. `ca` is PEM; without it the system's authorities count. */
  readonly tls?: { readonly ca?: string | undefined; readonly rejectUnauthorized?: boolean | undefined } | undefined;
}

/** What an engine is made of. One engine serves one server. */
export interface EngineConfig {
  /** The server's name in the broker's configuration, for logs and errors. */
  readonly name: string;
  readonly admin: AdminAccess;
  /** True when bindings are told to use TLS; the engine then insists on it where the server can. */
  readonly advertisedTls: boolean;
  readonly log: Logger;
  /** Most administrator connections to the server at once, apart from short ones into a tenant's database. Default 4. */
  readonly maxConnections?: number | undefined;
}
