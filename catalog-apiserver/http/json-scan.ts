/** Deeper documents are refused: recursion over them must not exhaust the stack. */
const MAX_DEPTH = 200;

/** What JSON.parse does not tell about a text it accepts. */
export interface JsonFindings {
  /** Paths of members that occur twice in one object; JSON.parse keeps the last. */
  readonly duplicates: readonly string[];
  /** Integers that a double cannot hold: JSON.parse changes them silently. */
  readonly inexact: readonly string[];
  readonly tooDeep: boolean;
}

interface Level {
  /** Of an object; undefined for a list. */
  readonly names: Set<string> | undefined;
  name: string;
  index: number;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[{}[\],:]/gsu;

/** Looks through a text that JSON.parse has accepted. */
export function scanJson(text: string): JsonFindings {
  const duplicates: string[] = [];
  const inexact: string[] = [];
  const levels: Level[] = [];
  let tooDeep = false;
  let expectsName = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    switch (token[0]) {
      case '{':
      case '[':
        levels.push({ names: token === '{' ? new Set() : undefined, name: '', index: 0 });
        tooDeep ||= levels.length > MAX_DEPTH;
        expectsName = token === '{';
        break;
      case '}':
      case ']':
        levels.pop();
        expectsName = false;
        break;
      case ',':
        if (level !== undefined) level.index++;
        expectsName = level?.names !== undefined;
        break;
      case ':':
        expectsName = false;
        break;
      case '"':
        if (expectsName && level?.names !== undefined) {
          level.name = JSON.parse(token) as string;
          if (level.names.has(level.name)) duplicates.push(pathOf(levels));
          level.names.add(level.name);
        }
        break;
      default:
        if (isInexact(token)) inexact.push(token);
    }
  }
  return { duplicates, inexact, tooDeep };
}

/** Short integers are always exact, and only integers are checked: a fraction is an approximation anyway. */
function isInexact(token: string): boolean {
  return token.length > 15 && /^-?\d+$/u.test(token) && BigInt(token) !== BigInt(Number(token));
}

function pathOf(levels: readonly Level[]): string {
  return levels.reduce(
    (path, level) =>
      level.names === undefined ? `${path}[${level.index}]` : path === '' ? level.name : `${path}.${level.name}`,
    '',
  );
}
