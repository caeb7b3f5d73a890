import type { Limits } from './config.ts';
import type { ConfigNode } from './config-node.ts';

/** Default, least and greatest value of each limit. */
const LIMITS: { readonly [K in keyof Limits]: readonly [fallback: number, least: number, greatest: number] } = {
  requestBytes: [128 * 1024, 1024, 16 * 1024 * 1024],
  concurrentRequests: [256, 1, 100_000],
  queuedOperations: [1_000, 1, 1_000_000],
  operationsPerServer: [8, 1, 64],
  giveUpAfterSeconds: [3_600, 1, 7 * 86_400],
  asyncAfterMs: [1_000, 0, 30_000],
  syncWithinMs: [30_000, 100, 55_000],
};

/** The section `limits`; every key may be left out. */
export function readLimits(node: ConfigNode | undefined): Limits {
  const names = Object.keys(LIMITS) as (keyof Limits)[];
  const section = node?.object(names);
  const read = (name: keyof Limits): number => {
    const [fallback, least, greatest] = LIMITS[name];
    return section?.optional(name)?.integer(least, greatest) ?? fallback;
  };
  return {
    requestBytes: read('requestBytes'),
    concurrentRequests: read('concurrentRequests'),
    queuedOperations: read('queuedOperations'),
    operationsPerServer: read('operationsPerServer'),
    giveUpAfterSeconds: read('giveUpAfterSeconds'),
    asyncAfterMs: read('asyncAfterMs'),
    syncWithinMs: read('syncWithinMs'),
  };
}
