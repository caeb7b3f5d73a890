/**
 * Wire types of the Open Service Broker API 2.17. Field names are the wire's. No behaviour.
 * Source: openservicebrokerapi/servicebroker, spec.md and openapi.yaml at v2.17.
 */

/** A free JSON object, as parameters, context and metadata are. */
export type JsonObject = Record<string, unknown>;

/** The `context` object: what the platform says about where a resource lives (spec.md "Context Object"). */
export interface Context extends JsonObject {
  platform?: string;
  namespace?: string;
  clusterid?: string;
  instance_name?: string;
}

export interface MaintenanceInfo {
  version: string;
  description?: string;
}

/** JSON Schemas (draft 4 or later) of the parameters of one kind of request. */
export interface InputParametersSchema {
  parameters?: JsonObject;
}

export interface PlanSchemas {
  service_instance?: { create?: InputParametersSchema; update?: InputParametersSchema };
  service_binding?: { create?: InputParametersSchema };
}

export interface ServicePlan {
  id: string;
  name: string;
  description: string;
  metadata?: JsonObject;
  /** Default true. */
  free?: boolean;
  /** Overrides the service offering's. */
  bindable?: boolean;
  binding_rotatable?: boolean;
  plan_updateable?: boolean;
  schemas?: PlanSchemas;
  /** Seconds; the platform should give up polling after it. */
  maximum_polling_duration?: number;
  maintenance_info?: MaintenanceInfo;
}

export interface DashboardClient {
  id: string;
  secret: string;
  redirect_uri?: string;
}

export interface ServiceOffering {
  name: string;
  id: string;
  description: string;
  tags?: string[];
  requires?: string[];
  bindable: boolean;
  instances_retrievable?: boolean;
  bindings_retrievable?: boolean;
  allow_context_updates?: boolean;
  metadata?: JsonObject;
  dashboard_client?: DashboardClient;
  plan_updateable?: boolean;
  plans: ServicePlan[];
}

export interface Catalog {
  services: ServiceOffering[];
}

export interface ProvisionRequest {
  service_id: string;
  plan_id: string;
  context?: Context;
  organization_guid: string;
  space_guid: string;
  parameters?: JsonObject;
  maintenance_info?: MaintenanceInfo;
}

export interface InstanceMetadata {
  labels?: Record<string, string>;
  attributes?: Record<string, string>;
}

export interface ProvisionResponse {
  dashboard_url?: string;
  /** Only with 202. */
  operation?: string;
  metadata?: InstanceMetadata;
}

export interface PreviousValues {
  service_id?: string;
  plan_id?: string;
  organization_id?: string;
  space_id?: string;
  maintenance_info?: MaintenanceInfo;
}

export interface UpdateInstanceRequest {
  service_id: string;
  plan_id?: string;
  context?: Context;
  parameters?: JsonObject;
  previous_values?: PreviousValues;
  maintenance_info?: MaintenanceInfo;
}

export interface UpdateInstanceResponse {
  dashboard_url?: string;
  operation?: string;
  metadata?: InstanceMetadata;
}

export interface InstanceResource {
  service_id?: string;
  plan_id?: string;
  dashboard_url?: string;
  parameters?: JsonObject;
  maintenance_info?: MaintenanceInfo;
  metadata?: InstanceMetadata;
}

export interface DeprovisionResponse {
  operation?: string;
}

export interface BindResource {
  app_guid?: string;
  route?: string;
}

export interface BindRequest {
  service_id: string;
  plan_id: string;
  context?: Context;
  app_guid?: string;
  bind_resource?: BindResource;
  parameters?: JsonObject;
  predecessor_binding_id?: string;
}

export interface BindingMetadata {
  /** RFC 3339. */
  expires_at?: string;
  renew_before?: string;
}

export interface Endpoint {
  host: string;
  ports: string[];
  protocol?: 'tcp' | 'udp' | 'all';
}

export interface BindResponse {
  operation?: string;
  metadata?: BindingMetadata;
  credentials?: JsonObject;
  syslog_drain_url?: string;
  route_service_url?: string;
  volume_mounts?: unknown[];
  endpoints?: Endpoint[];
}

export interface BindingResource extends BindResponse {
  parameters?: JsonObject;
}

export interface UnbindResponse {
  operation?: string;
}

export type LastOperationState = 'in progress' | 'succeeded' | 'failed';

export interface LastOperation {
  state: LastOperationState;
  description?: string;
  instance_usable?: boolean;
  update_repeatable?: boolean;
}

export interface OsbErrorBody {
  error?: string;
  description?: string;
  instance_usable?: boolean;
  update_repeatable?: boolean;
}

/** Who asked, from `X-Broker-API-Originating-Identity: <platform> <base64 JSON>`. */
export interface OriginatingIdentity {
  platform: string;
  value: JsonObject;
}
