import type { Fault } from './model-broker.ts';

/** When the process dies in a pass: not, after what it did but before it said so, or while it may not write. */
export type Mishap = 'none' | 'crash-before-write' | 'write-fails';

/** What befalls one pass. */
export interface Circumstances {
  readonly fault: Fault;
  readonly mishap: Mishap;
  /** How many changes the caches are behind. */
  readonly lag: number;
}

export const FINE: Circumstances = { fault: 'none', mishap: 'none', lag: 0 };

/** How a pass ended: something was done, or when to come back. */
export type Passed = 'acted' | number | undefined;
