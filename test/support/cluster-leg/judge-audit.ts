import type { AuditEvent } from './audit.ts';
import { resourceOf } from './audit.ts';
import { describeGrant } from './grants.ts';
import type { Grant } from './grants.ts';

export interface Judgement {
  /** One line each; empty when the log and the rights agree. */
  readonly faults: readonly string[];
  /** How many requests were looked at. */
  readonly requests: number;
}

export interface Case {
  readonly events: readonly AuditEvent[];
  readonly grants: readonly Grant[];
  /** Rights that are used in rare cases only, as {@link describeGrant} says them, each with its case. */
  readonly rare: Readonly<Record<string, string>>;
  /** False when only a part of the suites has run: then a right that was not used says nothing. */
  readonly complete: boolean;
  /** When the API server was started, milliseconds since the epoch. */
  readonly starts: readonly number[];
}

/** Paths that everybody who is known may GET. */
const PUBLIC = ['/readyz', '/livez', '/healthz', '/version', '/api', '/apis', '/openapi'];

/**
 * An API server that has just started denies everything until it has read the roles, milliseconds. A request is excused
 * for that reason only when it is covered by a grant.
 */
const ROLES_UNREAD_MS = 30_000;

/**
 * Holds what ServiceAccounts did against what they may: no request of theirs was denied, each is covered by one of the
 * grants, and each grant was used or is among `rare`, where nothing may stand that is not granted.
 */
export function judgeAudit({ events, grants, rare, complete, starts }: Case): Judgement {
  const users = new Set(grants.map(({ user }) => user));
  const theirs = events.filter(({ user }) => users.has(user.username));
  const used = new Set<Grant>();
  const faults = new Set<string>();
  for (const event of theirs) {
    const covering = grants.filter((grant) => covers(grant, event));
    if (isDenied(event) && !(covering.length > 0 && isAfterStart(event, starts))) {
      faults.add(`denied: ${describe(event)}: ${event.responseStatus?.message ?? ''}`);
    }
    if (event.objectRef?.resource === undefined) {
      if (!isPublic(event)) faults.add(`unexpected: ${event.user.username} ${event.verb} ${event.requestURI}`);
      continue;
    }
    if (covering.length === 0) faults.add(`unexpected: ${describe(event)}`);
    for (const grant of covering) used.add(grant);
  }
  for (const grant of new Set(grants.filter((one) => complete && !used.has(one)).map(describeGrant))) {
    if (!(grant in rare)) faults.add(`granted and never used: ${grant}`);
  }
  const granted = new Set(grants.map(describeGrant));
  for (const grant of Object.keys(rare)) if (!granted.has(grant)) faults.add(`rare, but not granted: ${grant}`);
  return { faults: [...faults], requests: theirs.length };
}

function isAfterStart({ requestReceivedTimestamp }: AuditEvent, starts: readonly number[]): boolean {
  const at = Date.parse(requestReceivedTimestamp);
  return starts.some((start) => at >= start && at <= start + ROLES_UNREAD_MS);
}

/** A namespace that is being deleted takes nothing new, from nobody: that is no lack of rights. */
function isDenied({ annotations, responseStatus }: AuditEvent): boolean {
  if (annotations?.['authorization.k8s.io/decision'] === 'forbid') return true;
  const code = responseStatus?.code;
  return code === 401 || (code === 403 && !/is being terminated/.test(responseStatus?.message ?? ''));
}

function isPublic({ verb, requestURI }: AuditEvent): boolean {
  const [asked = ''] = requestURI.split('?');
  return verb === 'get' && PUBLIC.some((path) => asked === path || asked.startsWith(`${path}/`));
}

function covers(grant: Grant, event: AuditEvent): boolean {
  const { objectRef } = event;
  return (
    grant.user === event.user.username &&
    grant.verb === event.verb &&
    grant.group === (objectRef?.apiGroup ?? '') &&
    grant.resource === resourceOf(event) &&
    (grant.namespace === undefined || grant.namespace === objectRef?.namespace) &&
    (grant.names === undefined || grant.names.includes(objectRef?.name ?? ''))
  );
}

function describe(event: AuditEvent): string {
  const { user, verb, objectRef } = event;
  const grant = { user: user.username, verb, group: objectRef?.apiGroup ?? '', resource: resourceOf(event) };
  return describeGrant({ ...grant, namespace: objectRef?.namespace });
}
