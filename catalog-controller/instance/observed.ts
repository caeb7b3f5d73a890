import type { Reason } from '../../lib/catalog/reasons.ts';
import type { ServiceInstance, ServiceInstanceSpec } from '../../lib/catalog/types.generated.ts';
import type { ParametersLookup } from '../operation/parameters.ts';
import type { Moment, RetryPolicy } from '../operation/retry.ts';
import type { Target } from '../operation/target.ts';

/** What the references of an instance lead to. */
export type Resolution =
  | {
      readonly found: true;
      readonly target: Target;
      /** The references as the spec should have them, and the labels that go with them. */
      readonly refs: Partial<ServiceInstanceSpec>;
      readonly labels: Readonly<Record<string, string>>;
      readonly classRemoved: boolean;
      readonly planRemoved: boolean;
      readonly planUpdatable: boolean;
      readonly maximumPollingSeconds: number | undefined;
    }
  | { readonly found: false; readonly reason: Reason; readonly message: string };

/** Everything a decision about an instance rests on: plain data from caches, and the time. */
export interface InstanceObserved extends Moment {
  readonly instance: ServiceInstance;
  readonly policy: RetryPolicy;
  readonly resolution: Resolution;
  readonly parameters: ParametersLookup;
  /** What the user named, for the columns of kubectl. */
  readonly userSpecified: { readonly className: string; readonly planName: string };
  /** Whether the broker that `resolution` leads to is there and not being deleted. */
  readonly brokerUsable: boolean;
  /** Whether the broker exists of which the status says that it has the instance. */
  readonly recordedBrokerExists: boolean;
  readonly clusterId: string;
  readonly namespaceUid: string | undefined;
  /** Names of the bindings that name this instance. */
  readonly bindings: readonly string[];
  /** All of these bindings are being deleted. */
  readonly bindingsAreLeaving: boolean;
  /** The instance that has the same external id and goes first, as `namespace/name`. */
  readonly rival: string | undefined;
  /** True when this process wrote the intent in the status and has not sent its request yet. */
  readonly intentIsFresh: boolean;
  /** When the next poll is due, as this process remembers; a new process polls at once. */
  readonly nextPollAt: number | undefined;
  /** Whether the broker's spec has changed, or it has become ready, since this process last tried something. */
  readonly brokerHasChanged: boolean;
  /** Whether what admission writes (`spec.userInfo`, where the id is from) was written by it; otherwise anybody may have. */
  readonly admissionIsTrusted: boolean;
}
