import type { IncomingMessage } from 'node:http';
import type { UserInfo } from '../../lib/catalog/admission.ts';
import type { Authorizer } from '../authorizer.ts';
import { AUTHENTICATED, refusal } from '../authorizer.ts';
import { badRequest, forbidden } from '../status.ts';

const EXTRA_PREFIX = 'impersonate-extra-';

/**
 * Who a request is made for: the user itself, or whom it names in the `Impersonate-…` headers (`kubectl --as`), which
 * those may who may do everything. Throws 403, and 400 for headers that name no user.
 */
export function impersonate(request: IncomingMessage, user: UserInfo, authorizer: Authorizer): UserInfo {
  const headers = request.headersDistinct;
  const [name] = headers['impersonate-user'] ?? [];
  if (name === undefined) {
    const stray = Object.keys(headers).find((header) => header.startsWith('impersonate-'));
    if (stray !== undefined) throw badRequest(`${stray} is of no use without Impersonate-User`);
    return user;
  }
  const attributes = { verb: 'impersonate', group: '', plural: 'users' };
  if (!authorizer.allows(user, attributes)) throw forbidden(attributes, name, refusal(user, attributes));
  const [uid] = headers['impersonate-uid'] ?? [];
  const extra = Object.entries(headers).filter(([header]) => header.startsWith(EXTRA_PREFIX));
  return {
    username: name,
    groups: [...new Set([...(headers['impersonate-group'] ?? []), AUTHENTICATED])],
    ...(uid === undefined ? {} : { uid }),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra.map(readExtra)) }),
  };
}

function readExtra([header, values]: [string, string[] | undefined]): [string, string[]] {
  const key = header.slice(EXTRA_PREFIX.length);
  try {
    return [decodeURIComponent(key), values ?? []];
  } catch {
    throw badRequest(`${header}: the key is not percent-encoded`);
  }
}
