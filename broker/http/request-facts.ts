import type { RequestHandler } from 'express';
import type { OriginatingIdentity } from '../../lib/osb/types.ts';

/** What middleware finds out about a request, in `response.locals`. */
// A type and not an interface: express wants an index signature, which only a type has implicitly.
export type RequestFacts = {
  /** The platform's identity of the request, or one of ours. */
  requestIdentity: string;
  /** The user name that was authenticated. */
  platform: string;
  originatingIdentity: OriginatingIdentity | undefined;
};

export type Handler = RequestHandler<Record<string, string>, unknown, unknown, Record<string, unknown>, RequestFacts>;
