import { API_GROUP } from '../../lib/catalog/resources.ts';
import { SCOPES } from '../../lib/catalog/scope.ts';
import type { KubeClient } from '../../lib/kube/client.ts';
import { Informer } from '../../lib/kube/informer.ts';
import type { KubeObject, ObjectKey, Resource } from '../../lib/kube/objects.ts';
import type { Logger } from '../../lib/runtime/log.ts';

/**
 * Copies of classes and plans. They are few and seldom change, and every instance that is ordered asks for them: reading
 * them each time would cost more requests than the rest of an instance's life.
 */
export class Offerings {
  readonly informers: readonly Informer<KubeObject>[];
  readonly #byPlural: ReadonlyMap<string, Informer<KubeObject>>;

  constructor(client: Pick<KubeClient, 'list' | 'watch'>, log: Logger) {
    this.informers = SCOPES.flatMap(({ classes, plans }) => [classes as Resource, plans as Resource]).map(
      (resource) => new Informer({ client, log, resource, indexes: { label: ourLabels } }),
    );
    this.#byPlural = new Map(this.informers.map((informer) => [informer.resource.plural, informer]));
  }

  /** Whether there is a copy of this resource. */
  covers(resource: Resource): boolean {
    return this.#byPlural.has(resource.plural);
  }

  /** The object, if the copy has it. */
  get(resource: Resource, key: ObjectKey): KubeObject | undefined {
    return this.#byPlural.get(resource.plural)?.get(key);
  }

  /** The objects the copy has that carry all the labels of a selector `key=value,key=value`. */
  list(resource: Resource, namespace: string | undefined, labelSelector: string): KubeObject[] {
    const [first = '', ...others] = labelSelector.split(',');
    const found = this.#byPlural.get(resource.plural)?.byIndex('label', first) ?? [];
    return found.filter(
      (object) =>
        (namespace === undefined || object.metadata.namespace === namespace) &&
        others.every((label) => ourLabels(object).includes(label)),
    );
  }
}

/** The labels look-ups select by, as a selector names them. */
function ourLabels({ metadata }: KubeObject): string[] {
  return Object.entries(metadata.labels ?? {})
    .filter(([key]) => key.startsWith(`${API_GROUP}/`))
    .map(([key, value]) => `${key}=${value}`);
}
