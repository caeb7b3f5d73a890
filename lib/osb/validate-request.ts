import { id, maintenanceInfo } from './common-shapes.ts';
import type { Validated } from './faults.ts';
import { MAX_ID_LENGTH } from './limits.ts';
import type { Shape } from './shape.ts';
import { jsonObject, object, optional, required, text, validate } from './shape.ts';
import type {
  BindRequest,
  BindResource,
  Context,
  PreviousValues,
  ProvisionRequest,
  UpdateInstanceRequest,
} from './types.ts';

/** What a broker checks before an operation begins: unknown JSON in, the typed request or all of its faults out. */

const CONTEXT_TEXTS = ['platform', 'namespace', 'clusterid', 'instance_name'] as const;
const MAX_CONTEXT_TEXT = 1_000;

/** Free JSON whose few well-known fields, which scope ids to their owner, are strings when present. */
const context: Shape<Context> = (value, path, faults) => {
  const result = jsonObject(value, path, faults);
  if (result === undefined) return undefined;
  for (const name of CONTEXT_TEXTS) {
    const member = result[name];
    if (member !== undefined && member !== null) text(0, MAX_CONTEXT_TEXT)(member, `${path}.${name}`, faults);
  }
  return result;
};

const provisionRequest = object<ProvisionRequest>({
  service_id: required(id),
  plan_id: required(id),
  context: optional(context),
  organization_guid: required(id),
  space_guid: required(id),
  parameters: optional(jsonObject),
  maintenance_info: optional(maintenanceInfo),
});

const previousValues = object<PreviousValues>({
  service_id: optional(text(0, MAX_ID_LENGTH)),
  plan_id: optional(text(0, MAX_ID_LENGTH)),
  organization_id: optional(text(0, MAX_ID_LENGTH)),
  space_id: optional(text(0, MAX_ID_LENGTH)),
  maintenance_info: optional(maintenanceInfo),
});

const updateInstanceRequest = object<UpdateInstanceRequest>({
  service_id: required(id),
  plan_id: optional(id),
  context: optional(context),
  parameters: optional(jsonObject),
  previous_values: optional(previousValues),
  maintenance_info: optional(maintenanceInfo),
});

const bindRequest = object<BindRequest>({
  service_id: required(id),
  plan_id: required(id),
  context: optional(context),
  app_guid: optional(id),
  bind_resource: optional(object<BindResource>({ app_guid: optional(id), route: optional(text(0, 8_192)) })),
  parameters: optional(jsonObject),
  predecessor_binding_id: optional(id),
});

/** Body of `PUT /v2/service_instances/:instance_id` (spec.md "Provisioning"). */
export function validateProvisionRequest(body: unknown): Validated<ProvisionRequest> {
  return validate(provisionRequest, body);
}

/** Body of `PATCH /v2/service_instances/:instance_id` (spec.md "Updating a Service Instance"). */
export function validateUpdateInstanceRequest(body: unknown): Validated<UpdateInstanceRequest> {
  return validate(updateInstanceRequest, body);
}

/** Body of `PUT /v2/service_instances/:instance_id/service_bindings/:binding_id` (spec.md "Binding"). */
export function validateBindRequest(body: unknown): Validated<BindRequest> {
  return validate(bindRequest, body);
}

/** An instance's or binding's id from the URL, already percent-decoded. */
export function validateId(value: string, name: 'instance_id' | 'binding_id'): Validated<string> {
  return validate((given, _path, faults) => id(given, name, faults), value);
}
