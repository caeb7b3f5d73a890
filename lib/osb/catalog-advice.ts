import type { Fault } from './faults.ts';
import type { Catalog, InputParametersSchema, ServicePlan } from './types.ts';

/** The permissions spec.md knows for `requires`. */
const PERMISSIONS = new Set(['syslog_drain', 'route_forwarding', 'volume_mount']);
/** "CLI-friendly": alphanumeric characters, periods and hyphens, beginning with something that is not an option. */
const CLI_FRIENDLY = /^[A-Za-z0-9][A-Za-z0-9.-]*$/;
const URL_UNRESERVED = /^[A-Za-z0-9._~-]+$/;
const SEMANTIC_VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
const RECOMMENDED_LENGTH = 255;

/**
 * What spec.md recommends for a catalog and this one leaves aside. A platform works with such a catalog all the same;
 * a broker should hold its own to it.
 */
export function catalogAdvice(catalog: Catalog): Fault[] {
  const advice: Fault[] = [];
  catalog.services.forEach((service, index) => {
    const path = `services[${index}]`;
    adviseNaming(service, path, advice);
    for (const permission of service.requires ?? []) {
      if (!PERMISSIONS.has(permission)) {
        advice.push({ path: `${path}.requires`, message: `has "${permission}", which no platform knows` });
      }
    }
    service.plans.forEach((plan, planIndex) => {
      advisePlan(plan, `${path}.plans[${planIndex}]`, advice);
    });
  });
  return advice;
}

function adviseNaming(item: { name: string; id: string; description: string }, path: string, advice: Fault[]): void {
  if (!CLI_FRIENDLY.test(item.name)) {
    advice.push({
      path: `${path}.name`,
      message: 'should have letters, digits, periods and hyphens only and begin with a letter or digit',
    });
  }
  if (!URL_UNRESERVED.test(item.id)) {
    advice.push({ path: `${path}.id`, message: 'should have letters, digits and the characters - . _ ~ only' });
  }
  if (item.description.length > RECOMMENDED_LENGTH) {
    advice.push({ path: `${path}.description`, message: `should not be longer than ${RECOMMENDED_LENGTH} characters` });
  }
}

function advisePlan(plan: ServicePlan, path: string, advice: Fault[]): void {
  adviseNaming(plan, path, advice);
  if (plan.maintenance_info !== undefined && !SEMANTIC_VERSION.test(plan.maintenance_info.version)) {
    advice.push({ path: `${path}.maintenance_info.version`, message: 'should be a semantic version such as 1.2.3' });
  }
  const { service_instance: instance, service_binding: binding } = plan.schemas ?? {};
  adviseSchema(instance?.create, `${path}.schemas.service_instance.create`, advice);
  adviseSchema(instance?.update, `${path}.schemas.service_instance.update`, advice);
  adviseSchema(binding?.create, `${path}.schemas.service_binding.create`, advice);
}

function adviseSchema(schema: InputParametersSchema | undefined, path: string, advice: Fault[]): void {
  if (schema?.parameters !== undefined && typeof schema.parameters['$schema'] !== 'string') {
    advice.push({ path: `${path}.parameters`, message: 'should name its version of JSON Schema in $schema' });
  }
}
