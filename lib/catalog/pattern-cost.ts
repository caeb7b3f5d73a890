/**
 * How long a regular expression from a stranger may run. JavaScript's engine backtracks, so some patterns take longer
 * than the age of the universe on a line of text; we do not run what may.
 */

/** Steps a single match may take; about 50 ms. */
const MAX_STEPS = 1e7;
const MAX_PATTERN_LENGTH = 1_000;
/** A counted repetition up to this many times is taken as written out. */
const FEW = 16;

/**
 * Whether `pattern` surely ends soon on every text of up to `textLength` characters. False is no verdict on the pattern,
 * only that it is not known: nested repetitions and back-references are not looked into.
 */
export function endsSoon(pattern: string, textLength: number): boolean {
  if (pattern.length > MAX_PATTERN_LENGTH) return false;
  const unbounded = countRepetitions(pattern);
  if (unbounded === undefined) return false;
  // Each open repetition may stop at every place of the text, and the match may begin at every place.
  return (textLength + 1) ** (unbounded + 1) * pattern.length <= MAX_STEPS * 10;
}

/** The number of repetitions without a small limit; undefined when they nest or the pattern is out of the ordinary. */
function countRepetitions(pattern: string): number | undefined {
  // Per open group: whether a repetition is in it.
  const groups: boolean[] = [];
  let repetitions = 0;
  let optional = 0;
  let afterGroupWithRepetition = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at];
    const closedRepetition = afterGroupWithRepetition;
    afterGroupWithRepetition = false;
    if (character === '\\') {
      const next = pattern[at + 1] ?? '';
      if (/[1-9k]/.test(next)) return undefined;
      at += 1;
    } else if (character === '[') {
      const end = classEnd(pattern, at);
      if (end === undefined) return undefined;
      at = end;
    } else if (character === '(') {
      if (/^\(\?(?!:)/.test(pattern.slice(at))) return undefined;
      groups.push(false);
    } else if (character === ')') {
      const within = groups.pop();
      if (within === undefined) return undefined;
      afterGroupWithRepetition = within;
      if (within && groups.length > 0) groups[groups.length - 1] = true;
    } else if (character === '*' || character === '+' || character === '{' || character === '?') {
      const { length, many } = quantifier(pattern, at);
      if (closedRepetition && character !== '?') return undefined;
      if (many) repetitions += 1;
      else optional += 1;
      if (groups.length > 0 && character !== '?') groups[groups.length - 1] = true;
      if (closedRepetition && groups.length > 0) groups[groups.length - 1] = true;
      at += length - 1;
    } else if (character === '|' && groups.length > 0) {
      // Alternatives under a repetition may overlap, which is as bad as a repetition there.
      groups[groups.length - 1] = true;
    }
  }
  // Two ways for each optional part: some are harmless, many multiply.
  return optional > 10 ? undefined : repetitions;
}

function classEnd(pattern: string, at: number): number | undefined {
  for (let index = at + 1; index < pattern.length; index += 1) {
    if (pattern[index] === '\\') index += 1;
    else if (pattern[index] === ']') return index;
  }
  return undefined;
}

/** The length of the quantifier at `at`, a lazy mark included, and whether it has no small upper limit. */
function quantifier(pattern: string, at: number): { readonly length: number; readonly many: boolean } {
  const text = pattern.slice(at);
  const counted = /^\{(\d+)(,(\d*))?\}\??/.exec(text);
  if (counted !== null) {
    const most = counted[2] === undefined ? Number(counted[1]) : counted[3] === '' ? Infinity : Number(counted[3]);
    return { length: counted[0].length, many: most > FEW };
  }
  const lazy = text[1] === '?' ? 2 : 1;
  return { length: lazy, many: text[0] !== '?' };
}
