import { UsageError } from '../../lib/runtime/errors.ts';
import { CONFIG_MAP_KIND } from './config-map.ts';
import { customKind } from './custom-kind.ts';
import type { CustomResourceDefinition } from './custom-kind.ts';
import { DEFINITION_KIND } from './definition-kind.ts';
import { EVENT_KIND } from './event.ts';
import type { Kind } from './kind.ts';
import { LEASE_KIND } from './lease.ts';
import { NAMESPACE_KIND } from './namespace.ts';
import { SECRET_KIND } from './secret.ts';

/** In the order discovery lists them; kubectl prefers earlier groups when a short name is ambiguous. */
const BUILT_IN: readonly Kind[] = [
  CONFIG_MAP_KIND,
  EVENT_KIND,
  NAMESPACE_KIND,
  SECRET_KIND,
  DEFINITION_KIND,
  LEASE_KIND,
];

/** Every kind this server serves. */
export class KindTable {
  readonly all: readonly Kind[];
  readonly #byPath: ReadonlyMap<string, Kind>;

  /** Throws {@link UsageError} when two definitions claim the same resource. */
  constructor(definitions: readonly CustomResourceDefinition[]) {
    this.all = [...BUILT_IN, ...definitions.map(customKind)];
    this.#byPath = new Map(this.all.map((kind) => [pathOf(kind.resource), kind]));
    if (this.#byPath.size < this.all.length) {
      throw new UsageError('two CustomResourceDefinitions are of the same group, version and plural');
    }
  }

  find(group: string, version: string, plural: string): Kind | undefined {
    return this.#byPath.get(pathOf({ group, version, plural }));
  }

  /** The versions there are, each with its kinds, in the order of discovery. */
  byGroupVersion(): { group: string; version: string; kinds: Kind[] }[] {
    const groups = new Map<string, { group: string; version: string; kinds: Kind[] }>();
    for (const kind of this.all) {
      const { group, version } = kind.resource;
      const entry = groups.get(`${group}/${version}`) ?? { group, version, kinds: [] };
      entry.kinds.push(kind);
      groups.set(`${group}/${version}`, entry);
    }
    return [...groups.values()];
  }
}

function pathOf(resource: { group: string; version: string; plural: string }): string {
  return `${resource.group}/${resource.version}/${resource.plural}`;
}

/** The name storage knows a resource by: no version, as all versions of an object are one object. */
export function storageResource(resource: { group: string; plural: string }): string {
  return `${resource.group}/${resource.plural}`;
}
