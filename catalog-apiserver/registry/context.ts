import type { AdmissionRequest, UserInfo, Verdict } from '../../lib/catalog/admission.ts';
import type { LookUp } from '../../lib/catalog/admission/admit.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import type { Authorizer } from '../authorizer.ts';
import type { Kind, Subresource } from '../kinds/kind.ts';
import type { KindTable } from '../kinds/kind-table.ts';
import type { Storage } from '../storage/storage.ts';

/** The rules of the API that a schema cannot say, with their look-ups; see lib/catalog/admission.ts. */
export type Admission = (request: AdmissionRequest, lookUp: LookUp) => Promise<Verdict>;

/** What every verb works with. */
export interface RegistryContext {
  readonly storage: Storage;
  readonly kinds: KindTable;
  readonly admission: Admission;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
}

/** What a request is about: a collection when `name` is absent. */
export interface Target {
  readonly kind: Kind;
  /** Absent for cluster-wide kinds and for all namespaces. */
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: Subresource;
}

/** How a write is to be made. */
export interface WriteRequest {
  readonly user: UserInfo;
  /** Do everything but store it. */
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Gets each text a user should see besides the answer. */
  readonly warn: (text: string) => void;
}

/** What to do about fields the schema does not know, and fields that come twice. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';
