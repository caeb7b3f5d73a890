import type { AnyBroker, Scope } from '../../lib/catalog/scope.ts';
import type { ClusterServiceBrokerStatus } from '../../lib/catalog/types.generated.ts';
import type { Moment, RetryPolicy } from '../operation/retry.ts';

export type BrokerStatus = ClusterServiceBrokerStatus;

/** Everything a decision about a broker rests on. */
export interface BrokerObserved extends Moment {
  readonly scope: Scope;
  readonly broker: AnyBroker;
  readonly policy: RetryPolicy;
  /** Between two readings of the catalog, unless the broker says otherwise, milliseconds. */
  readonly relistIntervalMs: number;
  /** Instances that exist, or may exist, at this broker, as `namespace/name`. */
  readonly instances: readonly string[];
  /** Classes and plans that reading the catalog made. */
  readonly offerings: number;
}

/** What to do about a broker in one pass. */
export type BrokerAction =
  | { readonly type: 'wait'; readonly wakeAt?: number }
  | { readonly type: 'report'; readonly status: BrokerStatus }
  /** Put on the finalizer. */
  | { readonly type: 'adopt' }
  /** Read the catalog and publish it. */
  | { readonly type: 'sync' }
  /** Delete the plans and then the classes. */
  | { readonly type: 'remove-offerings' }
  /** Take the finalizer off. */
  | { readonly type: 'release' };

/** How reading and publishing the catalog ended. */
export type SyncEnd =
  | { readonly kind: 'published'; readonly classes: number; readonly plans: number }
  /** The Secret with the credentials, or the spec, is no good. */
  | { readonly kind: 'no-credentials'; readonly message: string }
  | { readonly kind: 'not-fetched'; readonly message: string; readonly notBeforeMs: number }
  /** Some of the catalog could not be published; the rest was. */
  | { readonly kind: 'not-published'; readonly faults: readonly string[] };
