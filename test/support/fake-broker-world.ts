import type { Catalog, JsonObject } from '../../lib/osb/types.ts';

/** What a fake broker has, as its owner would count it. */
export interface FakeInstance {
  readonly id: string;
  serviceId: string;
  planId: string;
  parameters: JsonObject;
  readonly context: JsonObject;
}

export interface FakeBinding {
  readonly id: string;
  readonly instanceId: string;
  readonly parameters: JsonObject;
  readonly credentials: JsonObject;
}

/**
 * The world behind a fake broker. Tests look here for orphans: what is left in it that nobody on the other side knows
 * of. It behaves by the specification; misbehaviour is the server's part, in fake-broker.ts.
 */
export class FakeBrokerWorld {
  readonly instances = new Map<string, FakeInstance>();
  readonly bindings = new Map<string, FakeBinding>();
  /** What a platform did that spec.md forbids, such as deprovisioning an instance that still has bindings. */
  readonly violations: string[] = [];
  /** How many times each thing was really made, to see a double provision. */
  readonly made = { instances: 0, bindings: 0 };

  provision(instance: FakeInstance): 'created' | 'exists' | 'conflict' {
    const existing = this.instances.get(instance.id);
    if (existing) return isSame(existing, instance) ? 'exists' : 'conflict';
    this.instances.set(instance.id, instance);
    this.made.instances += 1;
    return 'created';
  }

  update(id: string, planId: string | undefined, parameters: JsonObject | undefined): 'updated' | 'absent' {
    const existing = this.instances.get(id);
    if (!existing) return 'absent';
    if (planId !== undefined) existing.planId = planId;
    existing.parameters = { ...existing.parameters, ...parameters };
    return 'updated';
  }

  deprovision(id: string): 'deleted' | 'absent' {
    const left = [...this.bindings.values()].filter((binding) => binding.instanceId === id);
    if (left.length > 0) this.violations.push(`instance ${id} was deprovisioned with ${left.length} bindings`);
    return this.instances.delete(id) ? 'deleted' : 'absent';
  }

  bind(instanceId: string, id: string, parameters: JsonObject): { made: boolean; binding: FakeBinding } | 'absent' {
    if (!this.instances.has(instanceId)) return 'absent';
    const existing = this.bindings.get(id);
    if (existing) return { made: false, binding: existing };
    const credentials = {
      username: `user-${id.slice(0, 8)}`,
      password: `fake-password-${id}`,
      uri: `fake://user:fake-password-${id}@localhost/${instanceId}`,
    };
    const binding = { id, instanceId, parameters, credentials };
    this.bindings.set(id, binding);
    this.made.bindings += 1;
    return { made: true, binding };
  }

  unbind(id: string): 'deleted' | 'absent' {
    return this.bindings.delete(id) ? 'deleted' : 'absent';
  }
}

function isSame(left: FakeInstance, right: FakeInstance): boolean {
  const essence = ({ serviceId, planId, parameters }: FakeInstance): string =>
    JSON.stringify([serviceId, planId, Object.entries(parameters).sort()]);
  return essence(left) === essence(right);
}

/** A catalog of one service with two plans. */
export function aFakeCatalog(overrides: Partial<Catalog['services'][number]> = {}): Catalog {
  return {
    services: [
      {
        id: 'fake-service-id',
        name: 'fake-service',
        description: 'A service that is not there.',
        bindable: true,
        plan_updateable: true,
        instances_retrievable: true,
        bindings_retrievable: true,
        plans: [
          { id: 'fake-plan-small', name: 'small', description: 'A small one.', free: true },
          { id: 'fake-plan-large', name: 'large', description: 'A large one.', free: false },
        ],
        ...overrides,
      },
    ],
  };
}
