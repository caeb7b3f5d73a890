import type { AdmissionRequest, Need } from '../../lib/catalog/admission.ts';
import type { LookUp } from '../../lib/catalog/admission/admit.ts';
import { isNamedBy, namedPlan } from '../../lib/catalog/references.ts';
import { SERVICE_INSTANCES } from '../../lib/catalog/resources.ts';
import type { AnyPlan } from '../../lib/catalog/scope.ts';
import type { ServiceInstance } from '../../lib/catalog/types.generated.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import { SUBJECT_ACCESS_REVIEWS } from '../../lib/kube/core-resources.ts';
import type { KubeObject, Resource } from '../../lib/kube/objects.ts';
import { lookUpError } from './look-up-error.ts';
import type { Offerings } from './offerings.ts';

/** Where look-ups are answered from. */
export interface LookUpSources {
  readonly kube: Pick<KubeClient, 'get' | 'list' | 'create'>;
  readonly offerings: Pick<Offerings, 'covers' | 'get' | 'list'>;
}

/**
 * Answers the look-ups of one request (docs/adr/0009). A class or plan the copy has is taken from there, and asked of the
 * API server when the copy lacks it: what has just come must not be refused. Everything else is asked of the API server,
 * as the webhook itself. Throws LookUpError when there is no answer before `signal` aborts.
 */
export function lookUpFor(sources: LookUpSources, request: AdmissionRequest, signal: AbortSignal): LookUp {
  const { kube, offerings } = sources;
  const copyWillDo = !choosesPlan(request);
  return {
    get: async (need) => {
      const copy = offerings.get(need.resource, need);
      if (copy !== undefined) return copy;
      return answered(`the ${need.resource.kind} "${need.name}"`, signal, () => kube.get(need.resource, need, signal));
    },
    list: async (need) => {
      const { resource, namespace, labelSelector } = need;
      if (copyWillDo && offerings.covers(resource)) {
        const copies = offerings.list(resource, namespace, labelSelector);
        if (copies.length > 0 && !lacksNamedPlan(request, resource, copies)) return copies;
      }
      const options = { ...(namespace === undefined ? {} : { namespace }), labelSelector, signal };
      return answered(resource.plural, signal, async () => (await kube.list(resource, options)).items);
    },
    mayUser: (need) =>
      answered(`what user "${request.user.username ?? ''}" may do`, signal, () => mayUser(kube, request, need, signal)),
  };
}

/**
 * Only what has an influence on what the object is to look like is looked up; the rest is answered in the request's
 * favour, for the validating webhook is asked about the same request afterwards and looks at everything in earnest.
 */
export function lookUpToComplete(sources: LookUpSources, request: AdmissionRequest, signal: AbortSignal): LookUp {
  const earnest = lookUpFor(sources, request, signal);
  const decidesOnly = (need: Need & { type: 'get' | 'list' }): boolean =>
    need.resource.plural === SERVICE_INSTANCES.plural;
  return {
    get: async (need) => (decidesOnly(need) ? undefined : earnest.get(need)),
    list: async (need) => (decidesOnly(need) ? [] : earnest.list(need)),
    mayUser: async () => true,
  };
}

/** An instance that leaves the plan open gets the only one there is: that takes all of them as they are now. */
function choosesPlan({ operation, resource, object }: AdmissionRequest): boolean {
  if (operation !== 'CREATE' || resource.plural !== SERVICE_INSTANCES.plural) return false;
  return namedPlan((object as Partial<ServiceInstance>).spec ?? {}) === undefined;
}

/** Whether these are the copies of a class's plans, and the one the instance names has not come to them yet. */
function lacksNamedPlan({ resource, object }: AdmissionRequest, listed: Resource, copies: KubeObject[]): boolean {
  if (resource.plural !== SERVICE_INSTANCES.plural) return false;
  const naming = namedPlan((object as Partial<ServiceInstance>).spec ?? {});
  if (naming === undefined || naming.scope.plans.plural !== listed.plural) return false;
  return !copies.some((plan) => isNamedBy(naming, plan as AnyPlan));
}

async function mayUser(
  kube: LookUpSources['kube'],
  { user }: AdmissionRequest,
  need: Need & { type: 'access' },
  signal: AbortSignal,
): Promise<boolean> {
  const { username = '', uid = '', groups = [], extra = {} } = user;
  const { verb, group, plural: resource, namespace = '', name } = need;
  const review = await kube.create(
    SUBJECT_ACCESS_REVIEWS,
    {
      metadata: {},
      spec: { user: username, uid, groups, extra, resourceAttributes: { verb, group, resource, namespace, name } },
    },
    signal,
  );
  return review.status?.allowed === true;
}

async function answered<T>(what: string, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    throw lookUpError(what, thrown, signal);
  }
}
