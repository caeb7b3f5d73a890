import type { ObjectKey, Resource } from './objects.ts';

/** The path of a resource's collection: of one namespace, or of the whole cluster when `namespace` is absent. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope =
    resource.namespaced && namespace !== undefined && namespace !== ''
      ? `/namespaces/${encodeURIComponent(namespace)}`
      : '';
  return `${root}${scope}/${resource.plural}`;
}

/**
 * The path of one object, or of its subresource.
 *
 * An object without a name, or of a namespaced resource without a namespace, would address the collection (a DELETE
 * there deletes everything), so that throws a TypeError.
 */
export function objectPath(resource: Resource, key: ObjectKey, subresource?: string): string {
  if (key.name === '') throw new TypeError(`a ${resource.kind} without a name cannot be addressed`);
  if (resource.namespaced && (key.namespace === undefined || key.namespace === '')) {
    throw new TypeError(`${resource.kind} ${key.name} without a namespace cannot be addressed`);
  }
  const path = `${collectionPath(resource, key.namespace)}/${encodeURIComponent(key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Query parameters without the absent ones, with the leading `?` unless there is none at all. */
export function queryString(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}
