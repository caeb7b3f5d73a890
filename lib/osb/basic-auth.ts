import { createHash, timingSafeEqual } from 'node:crypto';

export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/** The value of `Authorization` for these credentials (RFC 7617, UTF-8). */
export function basicAuthorization({ username, password }: BasicCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The credentials in an `Authorization` header, or undefined when there are none. */
export function parseBasicAuthorization(header: string | undefined): BasicCredentials | undefined {
  const encoded = /^basic +([A-Za-z0-9+/_=-]{1,8192})$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** Whether two secrets are equal, in a time that tells nothing about where they differ or how long they are. */
export function secretsEqual(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

/**
 * The one of `users` the header authenticates, or undefined. Every user is compared, also after a match, so that the
 * time of the answer does not say which user names exist.
 */
export function authenticateBasic<T extends BasicCredentials>(
  header: string | undefined,
  users: readonly T[],
): T | undefined {
  const given = parseBasicAuthorization(header) ?? { username: '', password: '' };
  let found: T | undefined;
  for (const user of users) {
    const nameEqual = secretsEqual(given.username, user.username);
    const passwordEqual = secretsEqual(given.password, user.password);
    // An empty password never opens the door, however the broker was configured.
    if (nameEqual && passwordEqual && given.password !== '') found ??= user;
  }
  return found;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
