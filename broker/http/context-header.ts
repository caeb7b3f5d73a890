import { OsbError } from '../../lib/osb/errors.ts';
import { isJsonObject } from '../../lib/osb/json-value.ts';
import type { Context } from '../../lib/osb/types.ts';

/**
 * Requests without a body cannot say which cluster and namespace they are for, and a deletion is the one that matters
 * most: a tenant who can make a platform delete "its" instance with a neighbour's id must not reach the neighbour's
 * database. A platform that sends this header (base64 of a JSON object with `clusterid` and `namespace`) is held to it.
 */
export const CONTEXT_HEADER = 'X-Service-Catalog-Context';

const MAX_LENGTH = 4_096;

/** The context in the header, or undefined without one. @throws OsbError BadRequest */
export function contextOfHeader(request: { get(name: string): string | undefined }): Context | undefined {
  const header = request.get(CONTEXT_HEADER);
  if (header === undefined) return undefined;
  const { clusterid = '', namespace = '' } = parse(header);
  if (typeof clusterid !== 'string' || typeof namespace !== 'string') throw malformed();
  return { clusterid, namespace };
}

function parse(header: string): Record<string, unknown> {
  if (header.length > MAX_LENGTH) throw malformed();
  try {
    const value: unknown = JSON.parse(Buffer.from(header, 'base64').toString('utf8'));
    if (isJsonObject(value)) return value;
  } catch {
    // Not JSON: the same answer as for JSON that is no object.
  }
  throw malformed();
}

function malformed(): OsbError {
  return new OsbError('BadRequest', `${CONTEXT_HEADER} must be base64 of a JSON object with clusterid and namespace.`);
}
