/** The databases svcat has a prompt for: the `type` of credentials. */
export type DatabaseType = 'postgresql' | 'mysql';

/** Where a binding's database is and how to get in. Holds a password. */
export interface DatabaseAddress {
  readonly type: DatabaseType;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  /** PEM; when it is there the connection is encrypted and the server must have a certificate of this authority. */
  readonly ca?: string;
}

/** What a statement gave. */
export interface StatementResult {
  /** Names of the columns; none for a statement that returns no rows. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** What happened, such as `OK, 1 row affected`. */
  readonly summary: string;
}

/** One open connection. A statement that fails rejects with the server's message; the connection goes on. */
export interface DatabaseConnection {
  run(statement: string): Promise<readonly StatementResult[]>;
  /** Asks the server to end the statement that runs, over a second connection; it then rejects like one that fails. */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

/** How a statement without rows went; `undefined` for one that counts none. */
export function affected(rows: number | undefined): string {
  return rows === undefined ? 'OK' : `OK, ${rows} ${rows === 1 ? 'row' : 'rows'} affected`;
}

/** A connection that is not there after this is given up, milliseconds. */
export const CONNECT_TIMEOUT_MS = 10_000;
