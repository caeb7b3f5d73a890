import type { ServiceInstanceSpec, ServiceInstanceStatus, UserInfo } from '../../lib/catalog/types.generated.ts';
import type { ProvisionRequest, UpdateInstanceRequest } from '../../lib/osb/types.ts';
import type { Target } from '../operation/target.ts';

/** What to do about an instance in one pass: at most one effect and at most one status write. */
export type InstanceAction =
  /** Nothing before `wakeAt` (milliseconds), or before something changes. */
  | { readonly type: 'wait'; readonly wakeAt?: number }
  /** Look at what costs requests, and decide again: parameters are in Secrets. */
  | { readonly type: 'look'; readonly at: 'parameters' }
  /** Say how things stand; no effect. */
  | { readonly type: 'report'; readonly status: ServiceInstanceStatus; readonly wakeAt?: number }
  /** Put on the finalizer and what admission would have set, and resolve the references: one patch. */
  | {
      readonly type: 'adopt';
      readonly spec: Partial<ServiceInstanceSpec>;
      readonly labels: Readonly<Record<string, string>>;
    }
  /** Write down what the next pass is going to ask of the broker. */
  | {
      readonly type: 'record-intent';
      readonly status: ServiceInstanceStatus;
      /** False where an earlier request, of which nothing is known, makes even the first one of this intent a second. */
      readonly isFirst: boolean;
    }
  | (BrokerCall & { readonly type: 'provision'; readonly request: ProvisionRequest })
  | (BrokerCall & { readonly type: 'update'; readonly request: UpdateInstanceRequest })
  | (BrokerCall & { readonly type: 'deprovision' })
  | (BrokerCall & { readonly type: 'poll'; readonly operation: string | undefined })
  /** Take the finalizer off: nothing of the instance is left at the broker. */
  | { readonly type: 'release' };

/** The actions that call the broker; `settle` says what their outcome means. */
export type InstanceCall = Extract<InstanceAction, BrokerCall>;

interface BrokerCall {
  readonly target: Target;
  readonly instanceId: string;
  readonly identity: UserInfo | undefined;
  /** True when a request of this intent may have been sent before, by a process that then died. */
  readonly mayHaveBeenSent: boolean;
}

/** What the outcome of a call leads to. */
export interface InstanceSettled {
  readonly status: ServiceInstanceStatus;
  /** Take the finalizer off as well; the status then only matters to other finalizers. */
  readonly release: boolean;
  /** When to look again, milliseconds; absent when the status write itself leads on. */
  readonly wakeAt?: number;
}
