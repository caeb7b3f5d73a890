import type { KubeClient } from '../../lib/kube/client.ts';
import { KubeApiError } from '../../lib/kube/client.ts';
import type { Event } from '../../lib/kube/core-resources.ts';
import { EVENTS, SECRETS } from '../../lib/kube/core-resources.ts';
import type { KubeObject, ObjectKey, Resource } from '../../lib/kube/objects.ts';
import { formatKey } from '../../lib/kube/objects.ts';
import { SERVICE_BINDINGS, SERVICE_INSTANCES } from '../../lib/catalog/resources.ts';
import type { AnyBroker, Scope } from '../../lib/catalog/scope.ts';
import { SCOPES } from '../../lib/catalog/scope.ts';
import type { ServiceBinding, ServiceInstance } from '../../lib/catalog/types.generated.ts';
import { secretNameOf } from '../view/kind-view.ts';
import { classReference } from '../view/references.ts';
import { eventTime } from './diagnose-events.ts';
import type { BindingFacts, Facts, Offers, SecretFacts } from './facts.ts';

/** Looks at everything the diagnosis needs. Only reads. */
export async function gather(kube: KubeClient, namespace: string, target: Facts['target']): Promise<Facts> {
  const asked =
    target.kind === 'binding' ? await kube.get(SERVICE_BINDINGS, { namespace, name: target.name }) : undefined;
  const instanceName = target.kind === 'instance' ? target.name : (asked?.spec.instanceRef.name ?? '');
  const instance =
    instanceName === '' ? undefined : await kube.get(SERVICE_INSTANCES, { namespace, name: instanceName });
  const bindings = target.kind === 'binding' ? [asked] : await bindingsOf(kube, namespace, instanceName);
  const involved = [instance, ...bindings].filter((object) => object !== undefined);
  const [offers, bindingFacts, events] = await Promise.all([
    instance === undefined ? undefined : gatherOffers(kube, namespace, instance),
    Promise.all(bindings.map((binding) => gatherBinding(kube, namespace, binding, target.name))),
    eventsOf(kube, namespace, involved),
  ]);
  return { now: Date.now(), namespace, target, instanceName, instance, offers, bindings: bindingFacts, events };
}

/** The bindings that refer to an instance. */
export async function bindingsOf(kube: KubeClient, namespace: string, instance: string): Promise<ServiceBinding[]> {
  const { items } = await kube.list(SERVICE_BINDINGS, { namespace });
  return items.filter(({ spec }) => spec.instanceRef.name === instance);
}

async function gatherOffers(
  kube: KubeClient,
  namespace: string,
  instance: ServiceInstance,
): Promise<Offers | undefined> {
  const scope = scopeOfInstance(instance);
  if (scope === undefined) return undefined;
  const all = async <T extends KubeObject>(resource: Resource<T>): Promise<T[]> =>
    (await kube.list(resource, resource.namespaced ? { namespace } : {})).items;
  const [brokers, classes, plans] = await Promise.all([all(scope.brokers), all(scope.classes), all(scope.plans)]);
  const brokerSecrets = new Map<string, SecretFacts>();
  for (const broker of brokers) {
    const key = authSecretOf(broker);
    if (key !== undefined) brokerSecrets.set(broker.metadata.name ?? '', await lookAtSecret(kube, key));
  }
  return { scope, brokers, classes, plans, brokerSecrets };
}

function scopeOfInstance(instance: ServiceInstance): Scope | undefined {
  return (
    classReference(instance)?.scope ?? SCOPES.find((scope) => instance.spec[scope.classRefField]?.name !== undefined)
  );
}

/** The Secret a broker's credentials are in; one of the broker's own namespace when the reference names none. */
function authSecretOf({ spec, metadata }: AnyBroker): ObjectKey | undefined {
  const reference: { name: string; namespace?: string } | undefined =
    spec.authInfo?.basic?.secretRef ?? spec.authInfo?.bearer?.secretRef;
  if (reference === undefined) return undefined;
  const namespace = reference.namespace ?? metadata.namespace;
  return { name: reference.name, ...(namespace === undefined ? {} : { namespace }) };
}

async function gatherBinding(
  kube: KubeClient,
  namespace: string,
  binding: ServiceBinding | undefined,
  asked: string,
): Promise<BindingFacts> {
  if (binding === undefined) return { name: asked, binding, secret: undefined };
  const secret = await lookAtSecret(kube, { namespace, name: secretNameOf(binding) });
  return { name: binding.metadata.name ?? '', binding, secret };
}

async function lookAtSecret(kube: KubeClient, key: ObjectKey): Promise<SecretFacts> {
  try {
    const secret = await kube.get(SECRETS, key);
    return secret === undefined
      ? { key: formatKey(key), state: 'absent' }
      : { key: formatKey(key), state: 'present', secret };
  } catch (thrown) {
    if (thrown instanceof KubeApiError && thrown.status === 403) return { key: formatKey(key), state: 'forbidden' };
    throw thrown;
  }
}

/** What happened to the objects, oldest first; nothing when the user may not read events. */
export async function eventsOf(kube: KubeClient, namespace: string, objects: readonly KubeObject[]): Promise<Event[]> {
  const lists = await Promise.all(
    objects.map(async ({ metadata }) => {
      try {
        const fieldSelector = `involvedObject.name=${metadata.name ?? ''},involvedObject.uid=${metadata.uid ?? ''}`;
        return (await kube.list(EVENTS, { namespace, fieldSelector })).items;
      } catch (thrown) {
        if (thrown instanceof KubeApiError && thrown.status === 403) return [];
        throw thrown;
      }
    }),
  );
  return lists.flat().sort((left, right) => (eventTime(left) ?? '').localeCompare(eventTime(right) ?? ''));
}
