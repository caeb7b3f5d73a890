import type { Context } from '../lib/osb/types.ts';

/**
 * Whose an instance is. Ids are capabilities: a platform hands out instance ids, and whoever could name a neighbour's
 * id would be given the neighbour's database. So every id belongs to the platform that authenticated, the cluster and
 * the namespace it was made for, and is unknown everywhere else.
 */
export interface Scope {
  /** The user name the platform authenticated with. */
  readonly platform: string;
  /** `context.clusterid`; empty for platforms without clusters. */
  readonly clusterId: string;
  /** `context.namespace`; empty for platforms without namespaces. */
  readonly namespace: string;
}

/**
 * Where a request says it comes from. `place` is absent when the request has no context, as GET and DELETE have none
 * and PATCH and bind may have none (spec.md makes it optional): then the platform alone is compared.
 */
export interface RequestScope {
  readonly platform: string;
  readonly place?: { readonly clusterId: string; readonly namespace: string };
}

/** The scope a request with this context claims. */
export function requestScope(platform: string, context: Context | undefined): RequestScope {
  if (context === undefined) return { platform };
  return { platform, place: { clusterId: context.clusterid ?? '', namespace: context.namespace ?? '' } };
}

/** The scope of an instance that this request creates. */
export function ownerScope(request: RequestScope): Scope {
  return {
    platform: request.platform,
    clusterId: request.place?.clusterId ?? '',
    namespace: request.place?.namespace ?? '',
  };
}

/** Whether a request may know of what `owner` owns. */
export function isInScope(request: RequestScope, owner: Scope): boolean {
  if (request.platform !== owner.platform) return false;
  const { place } = request;
  return place === undefined || (place.clusterId === owner.clusterId && place.namespace === owner.namespace);
}

/** One printable string for the mark on a database: the three parts, each percent-encoded, joined by slashes. */
export function formatScope(scope: Scope): string {
  return [scope.platform, scope.clusterId, scope.namespace].map((part) => encodeURIComponent(part)).join('/');
}
