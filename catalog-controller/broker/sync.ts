import { desiredCatalog } from '../../lib/catalog/catalog-objects.ts';
import { parseRestrictions } from '../../lib/catalog/catalog-restrictions.ts';
import type { AnyBroker, AnyClass, AnyPlan, Scope } from '../../lib/catalog/scope.ts';
import type { Informer } from '../../lib/kube/informer.ts';
import { formatKey, keyOf } from '../../lib/kube/objects.ts';
import type { Catalog } from '../../lib/osb/types.ts';
import { toError } from '../../lib/runtime/errors.ts';
import type { Context } from '../context.ts';
import { inScope } from '../caches.ts';
import { writeStatus } from '../kubernetes/write.ts';
import { bounded, failureOf } from '../operation/failure.ts';
import { offeringChanges } from './catalog-changes.ts';
import type { OfferingChange } from './catalog-changes.ts';
import { fetchCatalog } from './fetch-catalog.ts';
import type { SyncEnd } from './observed.ts';

/** Reads the catalog of a broker and publishes it as classes and plans. */
export async function syncCatalog(
  context: Context,
  scope: Scope,
  broker: AnyBroker,
  signal: AbortSignal,
): Promise<SyncEnd> {
  const key = inScope(scope, broker.metadata.namespace, broker.metadata.name ?? '');
  const { uid = '' } = broker.metadata;
  const lookup = await context.brokers.clientFor(scope, key, signal);
  if (!lookup.ok) return { kind: 'no-credentials', message: lookup.message };
  const outcome = await context.brokers.call(
    scope,
    key,
    (client) => fetchCatalog(context.catalogs, uid, client, signal),
    signal,
  );
  switch (outcome.kind) {
    case 'success':
      return publish(context, scope, broker, outcome.body, signal);
    case 'accepted':
      return { kind: 'not-fetched', message: 'the broker answered 202', notBeforeMs: 0 };
    case 'rejected':
    case 'failed':
    case 'timed-out':
    case 'unreachable':
    case 'nonsense': {
      const { message, notBeforeMs } = failureOf(outcome);
      return { kind: 'not-fetched', message, notBeforeMs };
    }
  }
}

async function publish(
  context: Context,
  scope: Scope,
  broker: AnyBroker,
  catalog: Catalog,
  signal: AbortSignal,
): Promise<SyncEnd> {
  const { classes, plans } = context.caches.scopes[scope.name];
  const brokerKey = keyOf(broker);
  const { restrictions, faults: restrictionFaults } = parseRestrictions(scope, broker);
  if (restrictionFaults.length > 0) {
    return { kind: 'not-published', faults: restrictionFaults.map(({ field, message }) => `${field}: ${message}`) };
  }
  const own = { classes: classes.byIndex('broker', brokerKey), plans: plans.byIndex('broker', brokerKey) };
  const desired = desiredCatalog(scope, broker, catalog, restrictions, own);
  // Plans first: a class that is there already has its plans, and nobody who waits for it finds it without them.
  const planFaults = await apply(context, scope, broker, plans, desired.plans, own.plans, desired.faults, signal);
  const before = [...desired.faults, ...planFaults];
  const classFaults = await apply(context, scope, broker, classes, desired.classes, own.classes, before, signal);
  const faults = [...before, ...classFaults];
  return faults.length > 0
    ? { kind: 'not-published', faults }
    : { kind: 'published', classes: desired.classes.length, plans: desired.plans.length };
}

/** Writes what differs, one item after the other; an item that cannot be written keeps none of the others back. */
async function apply<T extends AnyClass | AnyPlan>(
  context: Context,
  scope: Scope,
  broker: AnyBroker,
  cache: Informer<T>,
  desired: readonly T[],
  own: readonly T[],
  earlierFaults: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const clashing = desired.flatMap((object) => {
    const there = cache.get(formatKey(inScope(scope, object.metadata.namespace, object.metadata.name ?? '')));
    return there === undefined || own.includes(there) ? [] : [there];
  });
  const { changes, faults } = offeringChanges(scope, broker, desired, [...own, ...clashing], earlierFaults);
  const failures = [...faults];
  for (const change of changes) {
    try {
      await write(context, cache, change, signal);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      failures.push(bounded(`${change.object.metadata.name ?? ''}: ${toError(thrown).message}`));
    }
  }
  return failures;
}

async function write<T extends AnyClass | AnyPlan>(
  { kube }: Context,
  cache: Informer<T>,
  change: OfferingChange<T>,
  signal: AbortSignal,
): Promise<void> {
  switch (change.type) {
    case 'create':
      cache.observeWrite(await kube.create(cache.resource, change.object, signal));
      return;
    case 'update':
      cache.observeWrite(await kube.replace(cache.resource, change.object, { signal }));
      return;
    case 'mark': {
      const { object, removed } = change;
      const newest = cache.get(keyOf(object)) ?? object;
      await writeStatus({ client: kube, cache }, newest, { ...newest.status, removedFromBrokerCatalog: removed });
      return;
    }
  }
}
