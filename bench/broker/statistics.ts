/** What one operation cost, one way. */
export interface Summary {
  readonly count: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
  /** Processor time of all processes together for one, milliseconds; NaN where it is not known. */
  readonly cpu: number;
}

/** Durations of single operations, and how long all of them took, on the clock and of the processors; milliseconds. */
export interface Samples {
  readonly durations: number[];
  elapsed: number;
  cpu: number;
}

export function summarize({ durations, elapsed, cpu }: Samples): Summary {
  const sorted = durations.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    perSecond: (sorted.length * 1_000) / elapsed,
    cpu: cpu / sorted.length,
  };
}

/** The smallest value that at least this share of the values does not exceed; NaN for none. `sorted` ascends. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
