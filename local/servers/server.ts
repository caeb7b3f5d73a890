import type { Command } from '../processes/command.ts';

/** Where a database server answers and who its administrator is. Holds a secret: never log it. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** `PostgreSQL`, `MySQL` or `MariaDB`. */
  readonly product: string;
  /** `18.4`, `10.11.19`. */
  readonly version: string;
}

/** A database server made ready to be started, again and again, on a data folder of its own. */
export interface ServerRecipe {
  /** Runs in the foreground until it gets `stopSignal`. */
  readonly command: Command;
  /** Stops the server at once but orderly, without waiting for clients to leave. */
  readonly stopSignal: NodeJS.Signals;
  /** Resolves as soon as the server answers its administrator; throws when it does not in time. */
  ready(signal?: AbortSignal): Promise<ServerAddress>;
}

export interface RecipeOptions {
  /** Made when absent. Belongs to the server alone. */
  readonly dataDir: string;
  readonly port: number;
  /** Addresses to listen on besides 127.0.0.1. */
  readonly listen?: readonly string[];
  /** The administrator's password is the content of this file (0600). Used when the data folder is made, and to look whether it is ready. */
  readonly passwordFile: string;
  /** Ends the making of the data folder, and downloads, at once. */
  readonly signal?: AbortSignal;
  /** Data may be lost when the machine crashes, not when the server does: for tests. */
  readonly fast?: boolean;
}
