import type { KubeObject } from '../../kube/objects.ts';
import type { AdmissionRequest, Facts, Fault, Need, Verdict } from '../admission.ts';
import { API_GROUP } from '../resources.ts';

/** The rules of one kind: what has to be known, and what is decided. Both are pure. */
export interface Rules {
  needs(request: AdmissionRequest, facts: Facts): readonly Need[];
  admit(request: AdmissionRequest, facts: Facts): Verdict;
}

export function allowed(object: KubeObject & { readonly spec?: unknown }, warnings: readonly string[] = []): Verdict {
  return { allowed: true, object, ...(warnings.length > 0 ? { warnings } : {}) };
}

/** 422: the object cannot be as it is. The text has the form of the API server's own. */
export function invalid(request: AdmissionRequest, faults: readonly Fault[]): Verdict {
  const name = request.name ?? request.object?.metadata.name ?? '';
  const list = faults.map(({ field, message }) => `${field}: ${message}`).join(', ');
  return {
    allowed: false,
    code: 422,
    message: `${request.resource.kind}.${API_GROUP} "${name}" is invalid: ${faults.length > 1 ? `[${list}]` : list}`,
    faults,
  };
}

/** 403: the object could be, but not by this user or not now. */
export function forbidden(message: string, faults: readonly Fault[] = []): Verdict {
  return { allowed: false, code: 403, message, faults };
}

/** Before anything was looked up. */
export const NO_FACTS: Facts = { objects: new Map(), lists: new Map(), access: new Map() };

/** The needs the facts do not answer yet. */
export function unanswered(needs: readonly Need[], facts: Facts): Need[] {
  return needs.filter((need) => {
    switch (need.type) {
      case 'get':
        return !facts.objects.has(need.id);
      case 'list':
        return !facts.lists.has(need.id);
      case 'access':
        return !facts.access.has(need.id);
    }
  });
}

/** Whether the object is going away. */
export function isBeingDeleted(object: KubeObject | undefined): boolean {
  return object?.metadata.deletionTimestamp !== undefined;
}
