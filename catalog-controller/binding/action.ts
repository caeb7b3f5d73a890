import type { ServiceBindingSpec, ServiceBindingStatus, UserInfo } from '../../lib/catalog/types.generated.ts';
import type { Secret } from '../../lib/kube/core-resources.ts';
import type { BindRequest } from '../../lib/osb/types.ts';
import type { Target } from '../operation/target.ts';

/** What to do about a binding in one pass. */
export type BindingAction =
  /** Nothing before `wakeAt` (milliseconds), or before something changes. */
  | { readonly type: 'wait'; readonly wakeAt?: number }
  /** Look at what costs requests, and decide again. */
  | { readonly type: 'look'; readonly at: 'parameters' | 'secret' }
  /** Say how things stand; no effect. */
  | { readonly type: 'report'; readonly status: ServiceBindingStatus; readonly wakeAt?: number }
  /** Put on the finalizer and what admission would have set: one patch. */
  | { readonly type: 'adopt'; readonly spec: Partial<ServiceBindingSpec> }
  /** Write down what the next pass is going to ask of the broker. */
  | { readonly type: 'record-intent'; readonly status: ServiceBindingStatus }
  /** PUT the binding and write its credentials into the Secret. */
  | (BindingCall & {
      readonly type: 'bind';
      readonly request: BindRequest;
      readonly acceptsIncomplete: boolean;
      readonly mayHaveBeenSent: boolean;
    })
  /** Get the credentials of a binding that exists, by GET or else by PUT again, and write them into the Secret. */
  | (BindingCall & { readonly type: 'deliver'; readonly request: BindRequest; readonly retrievable: boolean })
  /** Delete the Secret, if it is ours, and the binding at the broker. */
  | (BindingCall & { readonly type: 'unbind' })
  | (BindingCall & { readonly type: 'poll'; readonly operation: string | undefined })
  /** Take the finalizer off: nothing of the binding is left at the broker. */
  | { readonly type: 'release' };

/** What every call about a binding needs. */
export interface BindingCall {
  readonly target: Target;
  readonly instanceId: string;
  readonly bindingId: string;
  readonly identity: UserInfo | undefined;
}

/** How writing the Secret ended. */
export type Injection =
  | { readonly ok: true; readonly secret: Pick<Secret, 'metadata'> }
  /** Why it could not be written. */
  | { readonly ok: false; readonly message: string };

/** What the outcome of a call leads to. */
export interface BindingSettled {
  readonly status: ServiceBindingStatus;
  /** Take the finalizer off as well; the status then only matters to other finalizers. */
  readonly release: boolean;
  /** When to look again, milliseconds; absent when the status write itself leads on. */
  readonly wakeAt?: number;
}
