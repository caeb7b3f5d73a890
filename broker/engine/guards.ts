import { EngineError } from './engine.ts';
import { DATABASE_PREFIX, LOGIN_PREFIX } from './names.ts';

/**
 * Stops a name that the broker did not make from ever reaching SQL: a wrong argument must not drop somebody else's
 * database. Throws a fatal EngineError.
 */
export function requireDatabaseName(name: string): void {
  requireName(name, DATABASE_PREFIX, 'database');
}

/** As {@link requireDatabaseName}, for logins. */
export function requireUsername(name: string): void {
  requireName(name, LOGIN_PREFIX, 'login');
}

/** Passwords are spliced into SQL where a server cannot take them as a parameter. */
export function requirePassword(password: string): void {
  if (!/^[A-Za-z0-9]{16,128}$/.test(password)) {
    throw new EngineError('a password must be 16 to 128 letters and digits', 'fatal');
  }
}

/** Limits are spliced into SQL too. Throws a fatal EngineError. */
export function requireConnectionLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > 100_000) {
    throw new EngineError(`a connection limit must be a whole number from 1 to 100000, not ${limit}`, 'fatal');
  }
}

function requireName(name: string, prefix: string, what: string): void {
  if (!name.startsWith(prefix) || !/^[a-z][a-z0-9]{0,31}$/.test(name)) {
    throw new EngineError(
      `${JSON.stringify(name.slice(0, 64))} is not the name of a ${what} of the broker (${prefix} and lower case letters and digits)`,
      'fatal',
    );
  }
}
