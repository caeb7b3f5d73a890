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
  /** Rights that a run does not use, as {@link describeGrant} says them, each with the reason why they are granted. */
  readonly unused: Readonly<Record<string, string>>;
}

/** Paths that everybody who is known may GET. */
const PUBLIC = ['/readyz', '/livez', '/healthz', '/version', '/api', '/apis', '/openapi'];

/**
 * Holds what ServiceAccounts did against what they may: no request of theirs was denied, each is covered by one of the
 * grants, and each grant was used or is among `unused`, where nothing may stand that was used or is not granted.
 */
export function judgeAudit({ events, grants, unused }: Case): Judgement {
  const users = new Set(grants.map(({ user }) => user));
  const theirs = events.filter(({ user }) => users.has(user.username));
  const used = new Set<Grant>();
  const faults = new Set<string>();
  for (const event of theirs) {
    if (isStartingUp(event)) continue;
    if (isDenied(event)) faults.add(`denied: ${describe(event)}: ${event.responseStatus?.message ?? ''}`);
    if (event.objectRef?.resource === undefined) {
      if (!isPublic(event)) faults.add(`unexpected: ${event.user.username} ${event.verb} ${event.requestURI}`);
      continue;
    }
    const covering = grants.filter((grant) => covers(grant, event));
    if (covering.length === 0) faults.add(`unexpected: ${describe(event)}`);
    for (const grant of covering) used.add(grant);
  }
  const idle = new Set(grants.filter((grant) => !used.has(grant)).map(describeGrant));
  for (const grant of idle) if (!(grant in unused)) faults.add(`granted and never used: ${grant}`);
  for (const grant of Object.keys(unused)) if (!idle.has(grant)) faults.add(`said to be unused, but is not: ${grant}`);
  return { faults: [...faults], requests: theirs.length };
}

/** An API server that has just started answers 403 until it has read the roles; nobody can be granted anything then. */
function isStartingUp({ responseStatus }: AuditEvent): boolean {
  return responseStatus?.code === 403 && /RBAC: .*not found/.test(responseStatus.message ?? '');
}

/** A namespace that is being deleted takes nothing new, from nobody: that is no lack of rights. */
function isDenied({ annotations, responseStatus }: AuditEvent): boolean {
  if (annotations?.['authorization.k8s.io/decision'] === 'forbid') return true;
  const code = responseStatus?.code;
  return code === 401 || (code === 403 && !/is being terminated/.test(responseStatus?.message ?? ''));
}

function isPublic({ verb, requestURI }: AuditEvent): boolean {
  return verb === 'get' && PUBLIC.some((path) => requestURI === path || requestURI.startsWith(`${path}/`));
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
