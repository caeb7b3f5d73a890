const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Go counts in nanoseconds in 63 bits. */
const MAX_MS = 2 ** 63 / 1e6;

/**
 * The milliseconds of a duration as Go writes it, such as `15m`, `1h30m` or `1.5s`: what `relistDuration` and the flags
 * of the original hold. Undefined when it is none, is negative, or is longer than Go's 292 years.
 */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
  let milliseconds = 0;
  do {
    const match = part.exec(text);
    if (match === null) return undefined;
    milliseconds += Number(match[1]) * (UNITS[match[2] ?? ''] ?? NaN);
  } while (part.lastIndex < text.length);
  return milliseconds < MAX_MS ? milliseconds : undefined;
}
