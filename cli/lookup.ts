import type { KubeClient } from '../lib/kube/client.ts';
import { NAMESPACES } from '../lib/kube/core-resources.ts';
import type { KubeObject, Resource } from '../lib/kube/objects.ts';
import { SERVICE_BINDINGS } from '../lib/catalog/resources.ts';
import type { ServiceBinding } from '../lib/catalog/types.generated.ts';
import { UsageError } from '../lib/runtime/errors.ts';

/** Objects of several resources; `namespace` undefined means all namespaces. */
export async function listAll<T extends KubeObject>(
  kube: KubeClient,
  resources: readonly Resource<T>[],
  namespace: string | undefined,
): Promise<T[]> {
  const lists = await Promise.all(
    resources.map((resource) =>
      kube.list(resource, resource.namespaced && namespace !== undefined ? { namespace } : {}),
    ),
  );
  return lists.flatMap(({ items }) => items);
}

/** A binding by its name, `binding/NAME` too. Throws UsageError that says where else there is one of that name. */
export async function requireBinding(kube: KubeClient, namespace: string, text: string): Promise<ServiceBinding> {
  const name = text.replace(/^bindings?\//, '');
  const found = await kube.get(SERVICE_BINDINGS, { namespace, name });
  if (found !== undefined) return found;
  const elsewhere = await namespacesWith(kube, SERVICE_BINDINGS, name);
  throw new UsageError(`there is no ServiceBinding "${name}" in namespace ${namespace}${hint(elsewhere, 'bindings')}`);
}

/** Where else an object of that name is; nothing when the user may not look there. */
export async function namespacesWith(kube: KubeClient, resource: Resource, name: string): Promise<string[]> {
  try {
    const { items } = await kube.list(resource);
    return items.filter(({ metadata }) => metadata.name === name).map(({ metadata }) => metadata.namespace ?? '');
  } catch {
    return [];
  }
}

/** Whether there surely is no such namespace; a user who may not look is not sure. */
export async function isNamespaceMissing(kube: KubeClient, name: string): Promise<boolean> {
  try {
    return (await kube.get(NAMESPACES, { name })) === undefined;
  } catch {
    return false;
  }
}

/** What to do about a name that is not in the namespace. */
export function hint(namespaces: readonly string[], plural: 'instances' | 'bindings'): string {
  const [first] = namespaces;
  if (first === undefined) return `; "svcat get ${plural} -A" lists all`;
  return namespaces.length === 1
    ? `; there is one in ${first}: add -n ${first}`
    : `; there are some in ${namespaces.join(', ')}: add -n and one of these`;
}
