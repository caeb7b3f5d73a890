import { createHash } from 'node:crypto';
import { OsbError } from '../../lib/osb/errors.ts';
import { formatFaults } from '../../lib/osb/faults.ts';
import type { Catalog, JsonObject, ServiceOffering, ServicePlan } from '../../lib/osb/types.ts';
import { validateCatalog } from '../../lib/osb/validate-catalog.ts';
import { UsageError } from '../../lib/runtime/errors.ts';
import type { EngineKind } from '../engine/engine.ts';
import type { PlanDefinition, ServiceDefinition } from './definitions.ts';
import { BINDING_SCHEMA, instanceSchema } from './parameter-schemas.ts';
import { parameterValidator } from './parameter-validator.ts';

/** A plan as operations use it: the definition, and the check of an instance's parameters (throws InvalidParameters). */
export interface OfferedPlan extends PlanDefinition {
  readonly checkInstanceParameters: (parameters: JsonObject) => void;
}

/** A service as operations use it. */
export interface OfferedService extends Omit<ServiceDefinition, 'plans'> {
  /** Values of `version`, the default first; never empty. */
  readonly versions: readonly [string, ...string[]];
  readonly plans: readonly OfferedPlan[];
}

/** What the broker offers: the catalog on the wire and the look-ups behind it. */
export class ServiceCatalog {
  /** Body of `GET /v2/catalog`. */
  readonly wire: Catalog;
  /** Changes exactly when {@link wire} does. */
  readonly etag: string;
  /** Throws InvalidParameters; bindings of every plan have the same parameters. */
  readonly checkBindingParameters = parameterValidator(BINDING_SCHEMA);
  readonly #services: readonly OfferedService[];

  /** `maximumPollingSeconds`: how long a platform should wait for an operation, sent with every plan. */
  constructor(services: readonly OfferedService[], maximumPollingSeconds: number) {
    this.#services = services;
    const wire = { services: services.map((service) => onTheWire(service, maximumPollingSeconds)) };
    const validated = validateCatalog(wire);
    if (!validated.ok) throw new UsageError(`The catalog is not valid: ${formatFaults(validated.faults)}.`);
    this.wire = wire;
    this.etag = `"${createHash('sha256').update(JSON.stringify(wire)).digest('base64url').slice(0, 27)}"`;
  }

  /** Undefined for a service that is not offered (any more). */
  find(serviceId: string): OfferedService | undefined {
    return this.#services.find(({ id }) => id === serviceId);
  }

  /** @throws OsbError UnknownService */
  service(serviceId: string): OfferedService {
    const service = this.find(serviceId);
    if (service === undefined) {
      const known = this.#services.map(({ id, name }) => `${name} (${id})`).join(', ');
      throw new OsbError('UnknownService', `service_id is not in the catalog; there is ${known || 'no service'}.`);
    }
    return service;
  }

  /** @throws OsbError UnknownPlan */
  plan(service: OfferedService, planId: string): OfferedPlan {
    const plan = service.plans.find(({ id }) => id === planId);
    if (plan === undefined) {
      const known = service.plans.map(({ id, name }) => `${name} (${id})`).join(', ');
      throw new OsbError('UnknownPlan', `plan_id is not a plan of ${service.name}; there is ${known}.`);
    }
    return plan;
  }
}

/**
 * The services that can be offered: those for whose engine `versionsOf` knows a server. A service without one is left
 * out, so that a catalog never shows what cannot be had.
 */
export function offeredServices(
  definitions: readonly ServiceDefinition[],
  versionsOf: (engine: EngineKind) => readonly string[],
): OfferedService[] {
  return definitions.flatMap((definition) => {
    const [first, ...rest] = versionsOf(definition.engine);
    if (first === undefined) return [];
    const versions: [string, ...string[]] = [first, ...rest];
    return [{ ...definition, versions, plans: definition.plans.map((plan) => offeredPlan(plan, versions)) }];
  });
}

function offeredPlan(plan: PlanDefinition, versions: readonly string[]): OfferedPlan {
  return { ...plan, checkInstanceParameters: parameterValidator(instanceSchema(plan, versions)) };
}

function onTheWire(service: OfferedService, maximumPollingSeconds: number): ServiceOffering {
  return {
    id: service.id,
    name: service.name,
    description: service.description,
    tags: [...service.tags],
    metadata: service.metadata,
    bindable: true,
    instances_retrievable: true,
    bindings_retrievable: true,
    plan_updateable: true,
    allow_context_updates: false,
    plans: service.plans.map((plan): ServicePlan => {
      const instance = instanceSchema(plan, service.versions);
      return {
        id: plan.id,
        name: plan.name,
        description: plan.description,
        free: plan.free,
        metadata: { ...plan.metadata, connections: plan.connections, storageGB: plan.storageGB },
        schemas: {
          service_instance: { create: { parameters: instance }, update: { parameters: instance } },
          service_binding: { create: { parameters: BINDING_SCHEMA } },
        },
        maximum_polling_duration: maximumPollingSeconds,
      };
    }),
  };
}
