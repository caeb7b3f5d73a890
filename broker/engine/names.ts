import { randomInt } from 'node:crypto';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const LOWER_ALPHANUMERIC = `${LETTERS}0123456789`;
const ALPHANUMERIC = `${LOWER_ALPHANUMERIC}${LETTERS.toUpperCase()}`;

/** Databases of the broker begin with this, their roles with the database's name, logins with {@link LOGIN_PREFIX}. */
export const DATABASE_PREFIX = 'scdb';
export const LOGIN_PREFIX = 'scu';

const pick = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');

/**
 * A name for a database: random, so that neighbours learn nothing from it, and `[a-z][a-z0-9]*` without `_` and `%`,
 * which a MySQL GRANT would read as wildcards. 20 characters, 82 bits.
 */
export function newDatabaseName(): string {
  return DATABASE_PREFIX + pick(LOWER_ALPHANUMERIC, 16);
}

/** A name for a binding's login: 20 characters, within MySQL's 32. */
export function newUsername(): string {
  return LOGIN_PREFIX + pick(LOWER_ALPHANUMERIC, 17);
}

/**
 * A password: 32 characters of `[A-Za-z0-9]`, 190 bits; safe as it is in SQL, URIs, JDBC URLs, YAML and shells. It
 * holds an upper and a lower case letter and a digit, because servers with a password policy ask for them.
 */
export function newPassword(): string {
  for (;;) {
    const password = pick(ALPHANUMERIC, 32);
    if (/[a-z]/.test(password) && /[A-Z]/.test(password) && /[0-9]/.test(password)) return password;
  }
}
