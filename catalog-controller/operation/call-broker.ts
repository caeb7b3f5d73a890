import type { UserInfo } from '../../lib/catalog/types.generated.ts';
import { originatingIdentity } from '../../lib/catalog/user-info.ts';
import type { KubeObject } from '../../lib/kube/objects.ts';
import type { OsbClient } from '../../lib/osb/client-contract.ts';
import type { RequestPlace } from '../../lib/osb/headers.ts';
import type { Outcome } from '../../lib/osb/outcome.ts';
import type { OriginatingIdentity } from '../../lib/osb/types.ts';
import type { Context } from '../context.ts';
import type { Target } from './target.ts';

/** What goes with every call about an instance or binding. */
export interface CallerOptions {
  readonly signal: AbortSignal;
  readonly place: RequestPlace;
  readonly originatingIdentity?: OriginatingIdentity;
}

/** Calls the broker of `target` about `object`, in the name of `identity`. */
export function callBroker<T>(
  context: Context,
  object: KubeObject,
  { target, identity }: { readonly target: Target; readonly identity: UserInfo | undefined },
  signal: AbortSignal,
  request: (client: OsbClient, options: CallerOptions) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const originator = originatingIdentity(identity);
  const options = {
    signal,
    place: { clusterid: context.clusterId(), namespace: object.metadata.namespace ?? '' },
    ...(originator === undefined ? {} : { originatingIdentity: originator }),
  };
  return context.brokers.call(target.scope, target.broker, (client) => request(client, options), signal);
}

/** Service and plan, as the query of several calls wants them. */
export function planOf({ target }: { readonly target: Target }): { service_id: string; plan_id: string } {
  return { service_id: target.classId, plan_id: target.planId };
}
