import { isManaged } from '../../lib/catalog/catalog-objects.ts';
import { SCOPES } from '../../lib/catalog/scope.ts';
import type { AnyBroker, AnyClass, AnyPlan, Scope } from '../../lib/catalog/scope.ts';
import type { ServiceInstance } from '../../lib/catalog/types.generated.ts';
import { formatKey, keyOf } from '../../lib/kube/objects.ts';
import { brokerKeyOf, inScope, refKey } from '../caches.ts';
import type { Caches } from '../caches.ts';
import type { Context } from '../context.ts';
import { presentProperties, recordedTarget } from '../operation/target.ts';
import type { BrokerObserved } from './observed.ts';

/** Everything there is to know about a broker without a request. */
export function observeBroker(context: Context, scope: Scope, broker: AnyBroker): BrokerObserved {
  const { caches, settings, policy } = context;
  const { classes, plans } = offeringsOf(caches, scope, broker);
  const deleting = broker.metadata.deletionTimestamp !== undefined;
  return {
    now: context.clock.now(),
    random: context.random(),
    scope,
    broker,
    policy,
    relistIntervalMs: settings.brokerRelistIntervalMs,
    // Only asked for where it matters: it goes over all instances.
    instances: deleting ? instancesAt(caches, scope, broker) : [],
    offerings: classes.length + plans.length,
  };
}

/** The classes and plans that reading this broker's catalog made. */
export function offeringsOf(
  caches: Pick<Caches, 'scopes'>,
  scope: Scope,
  broker: AnyBroker,
): { readonly classes: readonly AnyClass[]; readonly plans: readonly AnyPlan[] } {
  const { classes, plans } = caches.scopes[scope.name];
  const key = keyOf(broker);
  return {
    classes: classes.byIndex('broker', key).filter((offered) => isManaged(scope, offered)),
    plans: plans.byIndex('broker', key).filter((plan) => isManaged(scope, plan)),
  };
}

/** The broker an instance is at, or would be: what is recorded, else what its class says. Undefined when unresolved. */
export function brokerOf(
  caches: Pick<Caches, 'scopes'>,
  instance: ServiceInstance,
): { readonly scope: Scope; readonly key: string } | undefined {
  const { namespace = '' } = instance.metadata;
  const recorded = recordedTarget(presentProperties(instance.status), namespace, undefined);
  if (recorded !== undefined) return { scope: recorded.scope, key: formatKey(recorded.broker) };
  for (const scope of SCOPES) {
    const name = instance.spec[scope.classRefField]?.name;
    if (name === undefined) continue;
    const serviceClass = caches.scopes[scope.name].classes.get(inScope(scope, namespace, name));
    if (serviceClass !== undefined) return { scope, key: brokerKeyOf(scope, serviceClass) };
  }
  return undefined;
}

/** The instances that exist, or may exist, at a broker. */
function instancesAt(caches: Caches, scope: Scope, broker: AnyBroker): string[] {
  const key = refKey(scope, keyOf(broker));
  return caches.instances
    .list()
    .filter((instance) => {
      const { deprovisionStatus } = instance.status ?? {};
      if (deprovisionStatus !== 'Required' && deprovisionStatus !== 'Failed') return false;
      const at = brokerOf(caches, instance);
      return at !== undefined && refKey(at.scope, at.key) === key;
    })
    .map(keyOf);
}
