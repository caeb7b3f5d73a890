import type { RequestPlace } from './headers.ts';
import type { Outcome } from './outcome.ts';
import type {
  BindingResource,
  BindRequest,
  BindResponse,
  Catalog,
  DeprovisionResponse,
  InstanceResource,
  LastOperation,
  OriginatingIdentity,
  ProvisionRequest,
  ProvisionResponse,
  UnbindResponse,
  UpdateInstanceRequest,
  UpdateInstanceResponse,
} from './types.ts';

/** The names metrics give the calls; those of the original Service Catalog. */
export type OsbMethod =
  | 'GetCatalog'
  | 'ProvisionInstance'
  | 'UpdateInstance'
  | 'GetInstance'
  | 'DeprovisionInstance'
  | 'PollLastOperation'
  | 'Bind'
  | 'GetBinding'
  | 'Unbind'
  | 'PollBindingLastOperation';

/** A call that has ended. */
export interface OsbCall {
  readonly method: OsbMethod;
  readonly outcome: Outcome<unknown>['kind'];
  /** Absent when there was no answer. */
  readonly status?: number;
  readonly durationMs: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Whose action this is; none for a call no user asked for. */
  readonly originatingIdentity?: OriginatingIdentity;
  /** The cluster and namespace the call is for; see CONTEXT_HEADER. */
  readonly place?: RequestPlace;
}

export interface AsyncCallOptions extends CallOptions {
  /**
   * Whether 202 is welcome. When absent: true for instances; false for bindings, whose asynchronous form needs a broker
   * with bindings_retrievable.
   */
  readonly acceptsIncomplete?: boolean;
}

/** The plan an instance has (while its plan is being changed: had before), as the query of several calls. */
export interface PlanHint {
  readonly service_id?: string;
  readonly plan_id?: string;
}

export interface PollHint extends PlanHint {
  /** As the broker gave it with 202. */
  readonly operation?: string;
}

/** A catalog, or the news that it is still the one of this ETag. */
export type CatalogAnswer =
  { readonly modified: true; readonly catalog: Catalog; readonly etag?: string } | { readonly modified: false };

/**
 * One broker, as spec.md describes its endpoints. Every end of a call is a value; a call rejects only when its signal
 * aborts, with the signal's reason.
 */
export interface OsbClient {
  getCatalog(options?: CallOptions & { readonly etag?: string }): Promise<Outcome<CatalogAnswer>>;
  provision(id: string, request: ProvisionRequest, options?: AsyncCallOptions): Promise<Outcome<ProvisionResponse>>;
  updateInstance(
    id: string,
    request: UpdateInstanceRequest,
    options?: AsyncCallOptions,
  ): Promise<Outcome<UpdateInstanceResponse>>;
  getInstance(id: string, hint?: PlanHint, options?: CallOptions): Promise<Outcome<InstanceResource>>;
  deprovision(id: string, plan: Required<PlanHint>, options?: AsyncCallOptions): Promise<Outcome<DeprovisionResponse>>;
  /** 410 stays a rejection: whether it means that a deletion is complete is for the caller to know. */
  pollInstance(id: string, hint?: PollHint, options?: CallOptions): Promise<Outcome<LastOperation>>;
  bind(
    instanceId: string,
    bindingId: string,
    request: BindRequest,
    options?: AsyncCallOptions,
  ): Promise<Outcome<BindResponse>>;
  getBinding(
    instanceId: string,
    bindingId: string,
    hint?: PlanHint,
    options?: CallOptions,
  ): Promise<Outcome<BindingResource>>;
  unbind(
    instanceId: string,
    bindingId: string,
    plan: Required<PlanHint>,
    options?: AsyncCallOptions,
  ): Promise<Outcome<UnbindResponse>>;
  /** See {@link OsbClient.pollInstance} about 410. */
  pollBinding(
    instanceId: string,
    bindingId: string,
    hint?: PollHint,
    options?: CallOptions,
  ): Promise<Outcome<LastOperation>>;
  /** Ends every connection; calls that still run end as broken. */
  close(): Promise<void>;
}
