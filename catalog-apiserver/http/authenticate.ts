import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { UserInfo } from '../../lib/catalog/admission.ts';
import { AUTHENTICATED } from '../authorizer.ts';
import { unauthorized } from '../status.ts';

/** Who is at the other end of a connection does not change while it lasts, and reading a certificate is dear. */
const users = new WeakMap<object, UserInfo>();

/**
 * Who sends a request: the common name of the client's certificate is the user, its organizations are the groups.
 * Throws 401 when there is no certificate, or one our authority did not sign or that has run out.
 */
export function authenticate(request: IncomingMessage): UserInfo {
  const known = users.get(request.socket);
  if (known !== undefined) return known;
  const socket = request.socket as unknown as Pick<TLSSocket, 'authorized' | 'getPeerCertificate'>;
  // `authorized` is the verdict of the TLS handshake over chain, dates and purpose.
  if (!socket.authorized) throw unauthorized();
  const { subject } = socket.getPeerCertificate();
  const username = first((subject as Partial<typeof subject> | undefined)?.CN);
  if (username === undefined) throw unauthorized();
  const user = { username, groups: [...all((subject as Partial<typeof subject>).O), AUTHENTICATED] };
  users.set(request.socket, user);
  return user;
}

/** Node gives a list when a name has a part more than once. */
function all(part: string | string[] | undefined): string[] {
  if (part === undefined) return [];
  return Array.isArray(part) ? part : [part];
}

function first(part: string | string[] | undefined): string | undefined {
  return all(part)[0];
}
