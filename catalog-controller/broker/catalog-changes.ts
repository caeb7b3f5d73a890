import { belongsToAnother, isManaged, updatedFromCatalog } from '../../lib/catalog/catalog-objects.ts';
import type { DesiredCatalog } from '../../lib/catalog/catalog-objects.ts';
import { brokerNameOf } from '../../lib/catalog/scope.ts';
import type { AnyBroker, AnyClass, AnyPlan, Scope } from '../../lib/catalog/scope.ts';

/** One write that brings a class or plan nearer to the catalog. */
export type OfferingChange<T extends AnyClass | AnyPlan> =
  | { readonly type: 'create'; readonly object: T }
  | { readonly type: 'update'; readonly object: T }
  /** `removedFromBrokerCatalog` is in the status, which is written apart. */
  | { readonly type: 'mark'; readonly object: T; readonly removed: boolean };

export interface OfferingChanges<T extends AnyClass | AnyPlan> {
  readonly changes: readonly OfferingChange<T>[];
  readonly faults: readonly string[];
}

/**
 * What has to be written so that the classes (or plans) of a broker are what its catalog says. `existing` are all that
 * have one of the names or belong to the broker. An item that is faulty stands in nobody's way; but while anything is
 * faulty nothing is marked as removed, for it might be missing because of the fault.
 */
export function offeringChanges<T extends AnyClass | AnyPlan>(
  scope: Scope,
  broker: AnyBroker,
  desired: readonly T[],
  existing: readonly T[],
  catalogFaults: DesiredCatalog['faults'],
): OfferingChanges<T> {
  const changes: OfferingChange<T>[] = [];
  const faults: string[] = [];
  const known = new Map(existing.map((object) => [object.metadata.name, object]));
  const wanted = new Set<string | undefined>();
  for (const object of desired) {
    wanted.add(object.metadata.name);
    const there = known.get(object.metadata.name);
    if (there === undefined) {
      changes.push({ type: 'create', object });
    } else if (belongsToAnother(scope, there, broker)) {
      faults.push(
        `${there.kind ?? 'an object'} ${there.metadata.name ?? ''} already exists for Broker ${brokerNameOf(scope, there)}`,
      );
    } else {
      changes.push(...bringUpToDate(scope, there, object));
    }
  }
  if (catalogFaults.length === 0 && faults.length === 0) {
    for (const object of existing) {
      const isGone = !wanted.has(object.metadata.name) && !belongsToAnother(scope, object, broker);
      if (isGone && isManaged(scope, object) && object.status?.removedFromBrokerCatalog !== true) {
        changes.push({ type: 'mark', object, removed: true });
      }
    }
  }
  return { changes, faults };
}

function bringUpToDate<T extends AnyClass | AnyPlan>(scope: Scope, there: T, object: T): OfferingChange<T>[] {
  // A copy that a user made under this very name stays the user's.
  if (!isManaged(scope, there)) return [];
  const updated = updatedFromCatalog(there, object);
  return [
    ...(updated === there ? [] : [{ type: 'update', object: updated } as const]),
    ...(there.status?.removedFromBrokerCatalog === true
      ? [{ type: 'mark', object: updated, removed: false } as const]
      : []),
  ];
}
