import type { Reason } from '../../lib/catalog/reasons.ts';
import type { ServiceBinding } from '../../lib/catalog/types.generated.ts';
import type { ParametersLookup } from '../operation/parameters.ts';
import type { Moment, RetryPolicy } from '../operation/retry.ts';
import type { Target } from '../operation/target.ts';

/** The instance a binding names, as far as it matters. */
export interface BoundInstance {
  readonly name: string;
  readonly externalID: string;
  readonly deleting: boolean;
  readonly ready: boolean;
  /** The first request to make it is on its way, or about to be: it may be ready in a moment. */
  readonly starting: boolean;
  readonly asyncOpInProgress: boolean;
}

/** What the references of the instance lead to. */
export type BindingResolution =
  | {
      readonly found: true;
      readonly target: Target;
      readonly bindable: boolean;
      /** Whether the broker hands credentials out again by GET, and may therefore bind asynchronously. */
      readonly retrievable: boolean;
      readonly maximumPollingSeconds: number | undefined;
    }
  | { readonly found: false; readonly reason: Reason; readonly message: string };

/**
 * The Secret of the binding's name: `intact` and `altered` are controlled by this binding, `foreign` is anybody else's.
 */
export type SecretState = 'absent' | 'intact' | 'altered' | 'foreign';

/** Everything a decision about a binding rests on. */
export interface BindingObserved extends Moment {
  readonly binding: ServiceBinding;
  readonly policy: RetryPolicy;
  readonly instance: BoundInstance | undefined;
  readonly resolution: BindingResolution;
  /** Whether the broker that `resolution` leads to is there and not being deleted. */
  readonly brokerUsable: boolean;
  /** Whether the broker exists of which the status says that it has the binding. */
  readonly recordedBrokerExists: boolean;
  readonly clusterId: string;
  readonly namespaceUid: string | undefined;
  readonly parameters: ParametersLookup;
  /** `undefined` as long as this pass has not looked. */
  readonly secret: SecretState | undefined;
  /** When a Secret that was found intact is to be looked at again, milliseconds; 0 when it was not looked at yet. */
  readonly nextSecretCheckAt: number;
  /** The binding that has the same external id and goes first, as `namespace/name`. */
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
