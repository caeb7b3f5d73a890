/** What one operation cost, one way. */
export interface Summary {
  readonly count: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
}

/** Durations of single operations, and how long it took to do them all, milliseconds. */
export interface Samples {
  readonly durations: number[];
  elapsed: number;
}

export function summarize({ durations, elapsed }: Samples): Summary {
  const sorted = durations.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    perSecond: (sorted.length * 1_000) / elapsed,
  };
}

/** The smallest value that at least this share of the values does not exceed; NaN for none. `sorted` ascends. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
