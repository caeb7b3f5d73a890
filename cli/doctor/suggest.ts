/** The candidate a misspelt word most likely meant, or undefined when none is near. Case does not count. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && distance < (best?.distance ?? Infinity)) best = { candidate, distance };
  }
  return best?.candidate;
}

/**
 * The candidates a word may have meant: the nearest by its letters, else those that hold it, or one of its longer parts
 * (`postgresql` for `my-postgresql`). What all hold tells nothing.
 */
export function similar(word: string, candidates: readonly string[]): readonly string[] {
  const near = nearest(word, candidates);
  if (near !== undefined) return [near];
  const parts = [word, ...word.split(/[^\p{L}\p{N}]+/u)].filter((part) => part.length >= 4);
  for (const part of parts) {
    const holding = candidates.filter((candidate) => candidate.toLowerCase().includes(part.toLowerCase()));
    if (holding.length > 0 && (holding.length < candidates.length || candidates.length === 1)) return holding;
  }
  return [];
}

/** `a, b, c and 7 more`. */
export function listed(names: readonly string[], atMost = 10): string {
  const shown = names.slice(0, atMost).join(', ');
  return names.length > atMost ? `${shown} and ${names.length - atMost} more` : shown;
}

/** How many letters must be changed, added or removed (Levenshtein), one row of the table at a time. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, a] of Array.from(left).entries()) {
    const next = [i + 1];
    for (const [j, b] of Array.from(right).entries()) {
      const change = (row[j] ?? 0) + (a === b ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
