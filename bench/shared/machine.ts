import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** What a measurement ran on, for its report. Load is that of the last minute. */
export function machine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return (
    `${availableParallelism()} × ${model}, ${memory} GiB, ${process.platform} ${process.arch}, ` +
    `Node ${process.versions.node}, load ${load()} before`
  );
}

/** Processes that ran or wanted to, on the average of the last minute. */
export function load(): string {
  return loadavg()[0]?.toFixed(1) ?? '?';
}
