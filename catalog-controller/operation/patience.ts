/** What is in motion is given so long before the status says what it waits for, milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * Until when to wait, without a word, for something that others are about to do, when the wait began at `since`
 * (RFC 3339, whole seconds); undefined when it is time to say so. Whoever applies or deletes everything at once makes
 * objects wait for one another for a moment: a status, and an Event, about each of these moments would tell nobody
 * anything, and twice as many writes keep what is waited for from being done.
 */
export function patienceUntil(since: string | undefined, now: number): number | undefined {
  const begun = since === undefined ? NaN : Date.parse(since);
  // A time to come is that of another clock: nothing can be counted from it.
  return begun <= now && now < begun + PATIENCE_MS ? begun + PATIENCE_MS : undefined;
}
