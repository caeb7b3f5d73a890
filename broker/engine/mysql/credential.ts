import { createHash } from 'node:crypto';

/**
 * The hash that mysql_native_password stores. Sent instead of the password, so that neither the general log nor the
 * binary log of a server without log rewriting holds one.
 */
export function nativePasswordHash(password: string): string {
  const once = createHash('sha1').update(password).digest();
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
}
