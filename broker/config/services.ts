/* eslint-disable @typescript-eslint/no-confusing-void-expression -- `return node.fail(…)` notes a mistake and stands for the value that is missing */
import type { PlanDefinition, ServiceDefinition } from '../catalog/definitions.ts';
import type { ConfigNode, ConfigObject } from './config-node.ts';
import { complete } from './config-node.ts';
import { distinct } from './distinct.ts';

/** CLI-friendly, as spec.md "Catalog Management" recommends. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$/;
const NAME_FORM = 'letters, digits, "." and "-", beginning with a letter or digit, at most 63 characters';
/** Characters that need no escaping in a URL, as spec.md "URL Properties" recommends. */
const ID = /^[A-Za-z0-9._~-]{1,255}$/;
const ID_FORM = 'an id that never changes, such as a UUID';

const SERVICE_KEYS = ['id', 'name', 'engine', 'description', 'tags', 'metadata', 'plans'] as const;
const PLAN_KEYS = ['id', 'name', 'description', 'free', 'connections', 'storageGB', 'metadata'] as const;

/** The section `services`. */
export function readServices(node: ConfigNode): ServiceDefinition[] | undefined {
  const items = node.list();
  const planIds = new Set<string>();
  const services = items?.map((item) => readService(item, planIds));
  distinct(items, services, ({ id }) => id, 'id');
  distinct(items, services, ({ name }) => name, 'name');
  return services?.every((service) => service !== undefined) ? services : undefined;
}

function readService(node: ConfigNode, planIds: Set<string>): ServiceDefinition | undefined {
  const section = node.object(SERVICE_KEYS);
  if (section === undefined) return undefined;
  return complete<ServiceDefinition>({
    ...readNaming(section),
    engine: section.required('engine')?.choice('postgresql', 'mysql'),
    tags: readTags(section.optional('tags')),
    metadata: readMetadata(section),
    plans: readPlans(section.required('plans'), planIds),
  });
}

function readPlans(node: ConfigNode | undefined, planIds: Set<string>): PlanDefinition[] | undefined {
  const items = node?.list();
  const plans = items?.map((item) => readPlan(item, planIds));
  distinct(items, plans, ({ name }) => name, 'name');
  return plans?.every((plan) => plan !== undefined) ? plans : undefined;
}

/** `planIds`: those of the plans so far, in every service; platforms know a plan by its id alone. */
function readPlan(node: ConfigNode, planIds: Set<string>): PlanDefinition | undefined {
  const section = node.object(PLAN_KEYS);
  if (section === undefined) return undefined;
  const free = section.optional('free');
  const plan = complete<PlanDefinition>({
    ...readNaming(section),
    free: free === undefined ? true : free.boolean(),
    connections: section.required('connections')?.integer(1, 100_000),
    storageGB: readStorage(section.required('storageGB')),
    metadata: readMetadata(section),
  });
  if (plan !== undefined && planIds.has(plan.id)) return node.fail(`has the id "${plan.id}" of an earlier plan`);
  if (plan !== undefined) planIds.add(plan.id);
  return plan;
}

function readNaming(section: ConfigObject): Record<'id' | 'name' | 'description', string | undefined> {
  return {
    id: section.required('id')?.matching(ID, ID_FORM),
    name: section.required('name')?.matching(NAME, NAME_FORM),
    description: section.required('description')?.text(255),
  };
}

function readStorage(node: ConfigNode | undefined): PlanDefinition['storageGB'] | undefined {
  const section = node?.object(['default', 'maximum']);
  if (section === undefined) return undefined;
  const defaultNode = section.required('default');
  const storage = complete<PlanDefinition['storageGB']>({
    default: defaultNode?.integer(1, 1_000_000),
    maximum: section.required('maximum')?.integer(1, 1_000_000),
  });
  if (storage !== undefined && storage.default > storage.maximum) {
    return defaultNode?.fail(`must not be more than the maximum, ${storage.maximum}`);
  }
  return storage;
}

function readTags(node: ConfigNode | undefined): string[] | undefined {
  if (node === undefined) return [];
  const tags = node.list(0)?.map((item) => item.text(255));
  return tags?.every((tag) => tag !== undefined) ? tags : undefined;
}

function readMetadata(section: ConfigObject): ServiceDefinition['metadata'] | undefined {
  const node = section.optional('metadata');
  return node === undefined ? {} : node.freeObject();
}
