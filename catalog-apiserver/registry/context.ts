import type { UserInfo } from '../../lib/catalog/admission.ts';
import type { Clock } from '../../lib/runtime/clock.ts';
import type { Admission } from './admission.ts';
import type { Authorizer } from '../authorizer.ts';
import type { Kind, Subresource } from '../kinds/kind.ts';
import type { KindTable } from '../kinds/kind-table.ts';
import type { Storage } from '../storage/storage.ts';

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
