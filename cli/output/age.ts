/** The time since an RFC 3339 time, as kubectl writes ages: its one or two largest units. */
export function age(since: string | undefined, now: number): string {
  const start = Date.parse(since ?? '');
  return Number.isNaN(start) ? '' : duration(Math.max(0, now - start));
}

/** Milliseconds as `45s`, `3m20s`, `2h`, `5d`. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10 && seconds % 60 > 0) return `${minutes}m${seconds % 60}s`;
  if (minutes < 120) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
