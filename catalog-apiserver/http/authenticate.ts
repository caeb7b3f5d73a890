import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { UserInfo } from '../../lib/catalog/admission.ts';
import { AUTHENTICATED } from '../authorizer.ts';
import { unauthorized } from '../status.ts';

/**
 * Who sends a request: the common name of the client's certificate is the user, its organizations are the groups.
 * Throws 401 when there is no certificate, or one our authority did not sign or that has run out.
 */
export function authenticate(request: IncomingMessage): UserInfo {
  const socket = request.socket as unknown as Pick<TLSSocket, 'authorized' | 'getPeerCertificate'>;
  // `authorized` is the verdict of the TLS handshake over chain, dates and purpose.
  if (!socket.authorized) throw unauthorized();
  const { subject } = socket.getPeerCertificate();
  const username = first((subject as Partial<typeof subject> | undefined)?.CN);
  if (username === undefined) throw unauthorized();
  return { username, groups: [...all((subject as Partial<typeof subject>).O), AUTHENTICATED] };
}

/** Node gives a list when a name has a part more than once. */
function all(part: string | string[] | undefined): string[] {
  if (part === undefined) return [];
  return Array.isArray(part) ? part : [part];
}

function first(part: string | string[] | undefined): string | undefined {
  return all(part)[0];
}
