/**
 * How long a regular expression from a stranger may run. JavaScript's engine backtracks, so some patterns take longer
 * than the age of the universe on a line of text; we do not run what may.
 */

/** Steps a single match may take in the worst case; well below a second. */
const MAX_STEPS = 1e8;
const MAX_PATTERN_LENGTH = 1_000;
/** A counted repetition up to this many times is taken as so many ways; one above it as a repetition without limit. */
const FEW = 16;

/**
 * Whether `pattern` surely ends soon on every text of up to `textLength` characters. False is no verdict on the pattern,
 * only that it is not known: nested repetitions, back-references and look-arounds are not looked into.
 */
export function endsSoon(pattern: string, textLength: number): boolean {
  if (pattern.length > MAX_PATTERN_LENGTH) return false;
  const choices = countChoices(pattern);
  if (choices === undefined) return false;
  // Each repetition may stop at every place of the text, and the match may begin at every place.
  return choices.ways * (textLength + 1) ** (choices.repetitions + 1) * pattern.length <= MAX_STEPS;
}

interface Choices {
  /** Repetitions without a small limit. */
  readonly repetitions: number;
  /** In how many ways everything else can match. */
  readonly ways: number;
}

/** Undefined when repetitions nest or the pattern is out of the ordinary. */
function countChoices(pattern: string): Choices | undefined {
  // Per open group: whether there is a choice in it. Under a repetition choices multiply without end.
  const groups: boolean[] = [];
  let repetitions = 0;
  let ways = 1;
  let closedWithChoice = false;
  const choose = (): void => {
    if (groups.length > 0) groups[groups.length - 1] = true;
  };
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? '';
    const repeatsChoice = closedWithChoice;
    closedWithChoice = false;
    if (character === '\\') {
      if (/[1-9k]/.test(pattern[at + 1] ?? '')) return undefined;
      at += 1;
    } else if (character === '[') {
      at = classEnd(pattern, at);
    } else if (character === '(') {
      if (/^\(\?(?!:)/.test(pattern.slice(at))) return undefined;
      groups.push(false);
    } else if (character === ')') {
      closedWithChoice = groups.pop() ?? false;
      if (closedWithChoice) choose();
    } else if ('*+?{'.includes(character)) {
      const { length, most } = quantifier(pattern, at);
      if (repeatsChoice && character !== '?') return undefined;
      if (most > FEW) repetitions += 1;
      else ways *= most + 1;
      choose();
      at += length - 1;
    } else if (character === '|') {
      ways += 1;
      choose();
    }
  }
  return groups.length > 0 ? undefined : { repetitions, ways };
}

/** Where the character class that begins at `at` ends. */
function classEnd(pattern: string, at: number): number {
  for (let index = at + 1; index < pattern.length; index += 1) {
    if (pattern[index] === '\\') index += 1;
    else if (pattern[index] === ']') return index;
  }
  return pattern.length;
}

/** The length of the quantifier at `at`, a lazy mark included, and how often it repeats at most. */
function quantifier(pattern: string, at: number): { readonly length: number; readonly most: number } {
  const text = pattern.slice(at);
  const counted = /^\{(\d+)(,(\d*))?\}\??/.exec(text);
  if (counted !== null) {
    const [whole, least, range, most] = counted;
    return { length: whole.length, most: range === undefined ? Number(least) : most ? Number(most) : Infinity };
  }
  return { length: text[1] === '?' ? 2 : 1, most: text.startsWith('?') ? 1 : Infinity };
}
