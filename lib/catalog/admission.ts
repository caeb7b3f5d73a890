import type { KubeObject, Resource } from '../kube/objects.ts';
import type { UserInfo } from './types.generated.ts';

/**
 * The contract of admission: `needs(request, facts)` says what has to be looked up, the caller (webhook or API server)
 * looks it up, and again until nothing is missing, for one answer may raise the next question (which plans has the
 * class?); then `admit(request, facts)` decides. Both are in admission/admit.ts, with `decideAdmission`, which does the
 * rounds. All are pure, so the rules are the same wherever they run.
 */

export type { UserInfo };

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly resource: Resource;
  readonly subresource?: 'status';
  readonly namespace?: string;
  readonly name?: string;
  /** As it would be stored; absent on DELETE. */
  readonly object?: KubeObject;
  /** As it is stored; absent on CREATE. */
  readonly oldObject?: KubeObject;
  /** Who asked, as the API server authenticated them. */
  readonly user: UserInfo;
  /**
   * On CREATE, the id at the broker when the user gives none: the metadata.uid the object is going to have, or, where
   * that is not known yet, a fresh UUID. When the object has this very id, it was made up before, for this request.
   * Absent: the id is left open, and the controller sets it to metadata.uid.
   */
  readonly newId?: { readonly of: 'uid' | 'fresh'; readonly value: string };
}

/** One look-up. `id` names it in the facts. */
export type Need =
  | {
      readonly id: string;
      readonly type: 'get';
      readonly resource: Resource;
      readonly namespace?: string;
      readonly name: string;
    }
  | {
      readonly id: string;
      readonly type: 'list';
      readonly resource: Resource;
      readonly namespace?: string;
      readonly labelSelector: string;
    }
  /** May `user` do this? `group` is `''` for the core group. (SubjectAccessReview; a server whose users are all administrators answers yes.) */
  | {
      readonly id: string;
      readonly type: 'access';
      readonly verb: string;
      readonly group: string;
      readonly plural: string;
      readonly namespace?: string;
      readonly name: string;
    };

/** The answers, by the need's id: the object or undefined, the objects, or whether access is allowed. */
export interface Facts {
  readonly objects: ReadonlyMap<string, KubeObject | undefined>;
  readonly lists: ReadonlyMap<string, readonly KubeObject[]>;
  readonly access: ReadonlyMap<string, boolean>;
}

/** A field that is wrong, with its path such as `spec.instanceRef.name`. */
export interface Fault {
  readonly field: string;
  readonly message: string;
}

export type Verdict =
  /** `object` is what to store, with defaults and what admission sets; absent on DELETE. */
  | { readonly allowed: true; readonly object?: KubeObject; readonly warnings?: readonly string[] }
  /** 403 as the original's webhooks answered, 422 for a malformed object. */
  | { readonly allowed: false; readonly code: 403 | 422; readonly message: string; readonly faults: readonly Fault[] };
