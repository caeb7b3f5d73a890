import type { ServiceBinding, ServiceInstance } from '../../lib/catalog/types.generated.ts';

/** An instance and the one binding to it, as a user writes them. Both have the same name. */
export interface Pair {
  readonly name: string;
  readonly instance: ServiceInstance;
  readonly binding: ServiceBinding;
}

/** What a broker offers, by the names users know. */
export interface Offer {
  readonly className: string;
  readonly classId: string;
  readonly planName: string;
  readonly planId: string;
}

/** So many pairs for a namespace. */
export function newPairs(count: number, namespace: string, offer: Offer): Pair[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `pair-${String(index).padStart(4, '0')}`;
    return {
      name,
      instance: {
        metadata: { namespace, name },
        spec: {
          clusterServiceClassExternalName: offer.className,
          clusterServicePlanExternalName: offer.planName,
        },
      },
      binding: { metadata: { namespace, name }, spec: { instanceRef: { name } } },
    };
  });
}

/** What one way did to a number of pairs: everything in milliseconds. */
export interface Turn {
  /** From the first request until every instance and binding was Ready. */
  readonly createMs: number;
  /** Of each pair, from its first request until both of it were Ready. */
  readonly readyMs: readonly number[];
  /** From the first request to delete until nothing was left. */
  readonly deleteMs: number;
}

/** Which of two ways the pairs are made and removed. */
export type Order =
  /** Instance and binding in the same breath, as one file with both in it is applied and deleted. */
  | 'together'
  /** The binding is made when its instance is Ready, and the instance deleted when its binding is gone. */
  | 'one after the other';

/** Does `work` for all items, at most `atOnce` of them at a time; rejects with the first failure. */
export async function forAll<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
