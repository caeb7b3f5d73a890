import type { AdmissionRequest } from '../../lib/catalog/admission.ts';
import type { LookUp } from '../../lib/catalog/admission/admit.ts';
import type { KubeObject } from '../../lib/kube/objects.ts';
import { storageResource } from '../kinds/kind-table.ts';
import { labelMatcher } from '../selectors.ts';
import { forbidden, invalid } from '../status.ts';
import type { RegistryContext } from './context.ts';

/**
 * Puts a request before admission, whose look-ups are answered from storage. Answers the object to store. Throws the
 * refusal as an ApiError.
 */
export async function review(
  context: RegistryContext,
  request: AdmissionRequest,
  warn: (text: string) => void,
): Promise<KubeObject | undefined> {
  const verdict = await context.admission(request, lookUpFor(context, request));
  if (verdict.allowed) {
    verdict.warnings?.forEach(warn);
    return verdict.object;
  }
  const name = request.name ?? '';
  const causes = verdict.faults.map(({ field, message }) => ({ reason: 'FieldValueInvalid', field, message }));
  if (verdict.code === 422 && causes.length > 0) throw invalid(request.resource, name, causes);
  throw forbidden(request.resource, name, verdict.message, causes);
}

function lookUpFor({ storage, authorizer }: RegistryContext, request: AdmissionRequest): LookUp {
  return {
    get: async (need) => {
      const resource = storageResource(need.resource);
      const stored = await storage.get({ resource, namespace: need.namespace ?? '', name: need.name });
      return stored?.object;
    },
    list: async (need) => {
      const scope = need.namespace === undefined ? {} : { namespace: need.namespace };
      const { items } = await storage.list({ resource: storageResource(need.resource), ...scope });
      const matches = labelMatcher(need.labelSelector);
      const found = items.map((stored) => stored.object);
      return matches === undefined ? found : found.filter(matches);
    },
    mayUser: async (need) => authorizer.allows(request.user, need),
  };
}
