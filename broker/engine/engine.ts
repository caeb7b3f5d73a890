/**
 * What the broker needs of a kind of database server. `postgres/` and `mysql/` implement it with the same file names
 * and pass the same suite on real servers. Every method is idempotent ("if absent", "if present"): a worker that died
 * half-way is followed by another that calls the same method again.
 */

/** The `type` that credentials carry. */
export type EngineKind = 'postgresql' | 'mysql';

/** What a binding may do. `readwrite` includes DDL inside the instance's database. */
export type Access = 'readwrite' | 'readonly';

/** Written on every database so that a lost store can be rebuilt from the servers. Holds no secret. */
export interface DatabaseMark {
  readonly instanceId: string;
  /** The scope the instance id belongs to, as one printable string. */
  readonly scope: string;
}

export interface DatabaseSpec {
  /** `[a-z][a-z0-9]*`, at most 32 characters, made by the broker (names.ts), never by a user. */
  readonly name: string;
  readonly mark: DatabaseMark;
  /** Most connections at once. Over the whole database, or per login: see {@link EngineCapabilities}. */
  readonly connectionLimit: number;
}

export interface LoginSpec {
  /** The instance's database. */
  readonly database: string;
  /** `[a-z][a-z0-9]*`, at most 32 characters, made by the broker. */
  readonly username: string;
  /** `[A-Za-z0-9]+`, made by the broker. */
  readonly password: string;
  readonly access: Access;
  readonly connectionLimit: number;
}

/** Named differences; callers ask for these, never for the kind of engine. */
export interface EngineCapabilities {
  /** Where the server enforces the connection limit. */
  readonly connectionLimit: 'database' | 'login';
}

export interface ServerIdentity {
  /** `PostgreSQL`, `MySQL` or `MariaDB`. */
  readonly product: string;
  /** `18.4`, `10.11.19`. */
  readonly version: string;
}

/** Something the preflight found. `fatal` ones keep the server out of use; `warning` ones are reported. */
export interface PreflightFinding {
  readonly severity: 'fatal' | 'warning';
  /** Stable name such as `anonymous-account` for documentation and tests. */
  readonly name: string;
  /** What is wrong and what to do. */
  readonly message: string;
}

export interface PreflightReport {
  readonly server: ServerIdentity;
  /** True when connections of bindings are or can be encrypted. */
  readonly tls: boolean;
  readonly findings: readonly PreflightFinding[];
}

/** What the broker's mark is found on. */
export interface Census {
  readonly databases: readonly { readonly name: string; readonly mark: DatabaseMark | undefined }[];
  /** Logins of the broker's naming, with the database each belongs to where the server can tell. */
  readonly logins: readonly {
    readonly username: string;
    readonly locked: boolean;
    readonly database?: string | undefined;
  }[];
}

export interface Engine {
  readonly kind: EngineKind;
  readonly capabilities: EngineCapabilities;

  /** Looks at the server, closes what it can close (public CONNECT …) and says what it found. */
  preflight(): Promise<PreflightReport>;

  /** Creates the database, its owner roles and its mark, whatever of them is absent, and applies the limit. */
  createDatabase(spec: DatabaseSpec): Promise<void>;
  /** Applies a new connection limit to the database and to its logins; running sessions stay. */
  setConnectionLimit(database: string, connectionLimit: number): Promise<void>;
  /** Locks every login, ends every session, drops the database, its roles and its logins. Absent: nothing to do. */
  dropDatabase(database: string): Promise<void>;

  /**
   * Creates the login, or brings one of that name to exactly this password, access and limit. Throws when the
   * database is absent.
   */
  createLogin(spec: LoginSpec): Promise<void>;
  /** Locks the login, ends its sessions at once, hands what it owns to the database and drops it. */
  dropLogin(database: string, username: string): Promise<void>;

  /** Everything on the server that was made by a broker with this naming prefix. */
  census(): Promise<Census>;

  /** Cheap liveness for /readyz: one round trip. */
  ping(): Promise<void>;
  /** Closes every connection; calling it again does nothing. */
  close(): Promise<void>;
}

/** An engine's failure, sorted for the worker: try again later, or give up and tell the user. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  /** `retry`: unreachable, overloaded, deadlock. `fatal`: will not get better by itself. */
  readonly disposition: 'retry' | 'fatal';
  /** SQLSTATE or the driver's code, for the log. */
  readonly code: string | undefined;

  constructor(
    message: string,
    disposition: 'retry' | 'fatal',
    options: { code?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.disposition = disposition;
    this.code = options.code;
  }
}
