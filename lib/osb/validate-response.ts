import { description, id, instanceMetadata, maintenanceInfo, url } from './common-shapes.ts';
import type { Validated } from './faults.ts';
import { MAX_OPERATION_LENGTH } from './limits.ts';
import type { Shape } from './shape.ts';
import { anything, array, boolean, jsonObject, object, oneOf, optional, required, text, validate } from './shape.ts';
import type {
  BindingMetadata,
  BindingResource,
  BindResponse,
  DeprovisionResponse,
  Endpoint,
  InstanceResource,
  LastOperation,
  LastOperationState,
  OsbErrorBody,
  ProvisionResponse,
} from './types.ts';

/**
 * What a platform checks in a broker's answers: unknown JSON in, the typed answer or all of its faults out. A fault
 * never quotes a value: an answer to a bind carries credentials.
 */

const operation = text(0, MAX_OPERATION_LENGTH);

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

const timestamp: Shape<string> = (value, path, faults) => {
  if (typeof value === 'string' && RFC3339.test(value) && !Number.isNaN(Date.parse(value))) return value;
  faults.add(path, 'must be an RFC 3339 time such as 2026-01-31T12:00:00Z');
  return undefined;
};

const provisionResponse = object<ProvisionResponse>({
  dashboard_url: optional(url),
  operation: optional(operation),
  metadata: optional(instanceMetadata),
});

const operationResponse = object<DeprovisionResponse>({ operation: optional(operation) });

const bindingMetadata = object<BindingMetadata>({
  expires_at: optional(timestamp),
  renew_before: optional(timestamp),
});

const endpoint = object<Endpoint>({
  host: required(text(1, 1_000)),
  ports: required(array(text(1, 20))),
  protocol: optional(oneOf('tcp', 'udp', 'all')),
});

const bindFields = {
  operation: optional(operation),
  metadata: optional(bindingMetadata),
  credentials: optional(jsonObject),
  syslog_drain_url: optional(url),
  route_service_url: optional(url),
  volume_mounts: optional(array(anything)),
  endpoints: optional(array(endpoint)),
};

const bindResponse = object<BindResponse>(bindFields);
const bindingResource = object<BindingResource>({ ...bindFields, parameters: optional(jsonObject) });

const instanceResource = object<InstanceResource>({
  service_id: optional(id),
  plan_id: optional(id),
  dashboard_url: optional(url),
  parameters: optional(jsonObject),
  maintenance_info: optional(maintenanceInfo),
  metadata: optional(instanceMetadata),
});

const lastOperation = object<LastOperation>({
  state: required(oneOf<LastOperationState>('in progress', 'succeeded', 'failed')),
  description: optional(description),
  instance_usable: optional(boolean),
  update_repeatable: optional(boolean),
});

const errorBody = object<OsbErrorBody>({
  error: optional(text(0, 1_000)),
  description: optional(description),
  instance_usable: optional(boolean),
  update_repeatable: optional(boolean),
});

/** Answer to provision and to update, which share their fields. */
export function validateProvisionResponse(body: unknown): Validated<ProvisionResponse> {
  return validate(provisionResponse, body);
}

/** Answer to deprovision and unbind. */
export function validateOperationResponse(body: unknown): Validated<DeprovisionResponse> {
  return validate(operationResponse, body);
}

export function validateBindResponse(body: unknown): Validated<BindResponse> {
  return validate(bindResponse, body);
}

export function validateInstanceResource(body: unknown): Validated<InstanceResource> {
  return validate(instanceResource, body);
}

export function validateBindingResource(body: unknown): Validated<BindingResource> {
  return validate(bindingResource, body);
}

export function validateLastOperation(body: unknown): Validated<LastOperation> {
  return validate(lastOperation, body);
}

/** Body of an answer with an error status. */
export function validateErrorBody(body: unknown): Validated<OsbErrorBody> {
  return validate(errorBody, body);
}
