import { description, id, maintenanceInfo, url } from './common-shapes.ts';
import type { FaultList, Validated } from './faults.ts';
import { MAX_NAME_LENGTH, MAX_SCHEMA_BYTES } from './limits.ts';
import type { Shape } from './shape.ts';
import { array, boolean, count, jsonObject, object, optional, required, text, validate } from './shape.ts';
import type {
  Catalog,
  DashboardClient,
  InputParametersSchema,
  JsonObject,
  PlanSchemas,
  ServiceOffering,
  ServicePlan,
} from './types.ts';

/**
 * The catalog by the rules of spec.md "Catalog Management" that have consequences when they are broken; what is only
 * recommended is in catalog-advice.ts. A broker checks its own catalog with it, a platform every broker's answer.
 */

const name = text(1, MAX_NAME_LENGTH);
const requiredDescription: Shape<string> = (value, path, faults) => {
  if (value === '') faults.add(path, 'must not be empty');
  return description(value, path, faults);
};

const parameterSchema: Shape<JsonObject> = (value, path, faults) => {
  const schema = jsonObject(value, path, faults);
  if (schema === undefined) return undefined;
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  if (bytes > MAX_SCHEMA_BYTES) faults.add(path, `must not be larger than 64 kB, and has ${bytes} bytes`);
  if (hasExternalReference(schema)) faults.add(path, 'must not refer to another document: a $ref must begin with #');
  return schema;
};

/** Whether a `$ref` points out of the schema. Walks with a list of its own: schemas come from strangers. */
function hasExternalReference(schema: JsonObject): boolean {
  const pending: object[] = [schema];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const reference = '$ref' in node ? node.$ref : undefined;
    if (typeof reference === 'string' && !reference.startsWith('#')) return true;
    for (const member of Object.values<unknown>({ ...node })) {
      if (typeof member === 'object' && member !== null) pending.push(member);
    }
  }
  return false;
}

const inputParameters = object<InputParametersSchema>({ parameters: optional(parameterSchema) });

const schemas = object<PlanSchemas>({
  service_instance: optional(
    object<NonNullable<PlanSchemas['service_instance']>>({
      create: optional(inputParameters),
      update: optional(inputParameters),
    }),
  ),
  service_binding: optional(object<NonNullable<PlanSchemas['service_binding']>>({ create: optional(inputParameters) })),
});

const plan = object<ServicePlan>({
  id: required(id),
  name: required(name),
  description: required(requiredDescription),
  metadata: optional(jsonObject),
  free: optional(boolean),
  bindable: optional(boolean),
  binding_rotatable: optional(boolean),
  plan_updateable: optional(boolean),
  schemas: optional(schemas),
  maximum_polling_duration: optional(count),
  maintenance_info: optional(maintenanceInfo),
});

const offering = object<ServiceOffering>({
  name: required(name),
  id: required(id),
  description: required(requiredDescription),
  tags: optional(array(text(0, MAX_NAME_LENGTH))),
  requires: optional(array(text(1, MAX_NAME_LENGTH))),
  bindable: required(boolean),
  instances_retrievable: optional(boolean),
  bindings_retrievable: optional(boolean),
  allow_context_updates: optional(boolean),
  metadata: optional(jsonObject),
  dashboard_client: optional(
    object<DashboardClient>({ id: required(id), secret: required(text(0, 1_000)), redirect_uri: optional(url) }),
  ),
  plan_updateable: optional(boolean),
  plans: required(array(plan)),
});

const catalog = object<Catalog>({ services: required(array(offering)) });

/** Body of `GET /v2/catalog`, or the services of a broker's configuration. */
export function validateCatalog(body: unknown): Validated<Catalog> {
  return validate(catalog, body, checkAcrossServices);
}

/** Names and ids that must differ, and plans that must be there. */
function checkAcrossServices(value: Catalog, faults: FaultList): void {
  const serviceNames = new Map<string, string>();
  // Service ids and plan ids are separate namespaces of their own, each unique over the whole catalog.
  const serviceIds = new Map<string, string>();
  const planIds = new Map<string, string>();
  value.services.forEach((service, index) => {
    const path = `services[${index}]`;
    checkUnique(service.name, `${path}.name`, serviceNames, faults);
    checkUnique(service.id, `${path}.id`, serviceIds, faults);
    if (service.plans.length === 0) {
      faults.add(`${path}.plans`, `of the service "${service.name}" must contain at least one plan`);
    }
    const planNames = new Map<string, string>();
    service.plans.forEach((item, planIndex) => {
      const planPath = `${path}.plans[${planIndex}]`;
      checkUnique(item.name, `${planPath}.name`, planNames, faults);
      checkUnique(item.id, `${planPath}.id`, planIds, faults);
    });
  });
}

function checkUnique(value: string, path: string, seen: Map<string, string>, faults: FaultList): void {
  const first = seen.get(value);
  if (first !== undefined) faults.add(path, `"${value}" is already used by ${first}`);
  else seen.set(value, path);
}
