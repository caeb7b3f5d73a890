/**
 * The JSONPath templates of kubectl, which secretTransforms use: text, and in braces paths such as `{.host}`,
 * `{.ports[0]}`, `{.users[?(@.role=="admin")].name}`, `{range .hosts[*]}{.name} {end}`.
 */

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'range'; readonly path: Path; readonly body: readonly TemplateNode[] };

export interface Path {
  /** True for `$`: from the whole object even within a range or a filter. */
  readonly fromRoot: boolean;
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly kind: 'fields'; readonly names: readonly string[] }
  | { readonly kind: 'all' }
  | { readonly kind: 'descend' }
  | { readonly kind: 'indices'; readonly indices: readonly Slice[] }
  | { readonly kind: 'filter'; readonly left: Operand; readonly comparison?: Comparison };

/** One index when `to` is absent and `single` is true, else a slice. */
export interface Slice {
  readonly from?: number;
  readonly to?: number;
  readonly step: number;
  readonly single: boolean;
}

export interface Comparison {
  readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=';
  readonly right: Operand;
}

export type Operand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'literal'; readonly value: string | number | boolean };

/** An expression that is none, or that asks for what is not there. The message names the expression's part, never a value. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

/** Characters of an expression. */
export const MAX_EXPRESSION_LENGTH = 4_096;

/** The template in `expression`. Throws {@link JsonPathError}. */
export function parseTemplate(expression: string): TemplateNode[] {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    throw new JsonPathError(`the expression is longer than ${MAX_EXPRESSION_LENGTH} characters`);
  }
  return new TemplateParser(expression).parse();
}

class TemplateParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): TemplateNode[] {
    const nodes = this.#nodes(false);
    return nodes;
  }

  /** Nodes up to the end of the text, or up to `{end}` within a range. */
  #nodes(inRange: boolean): TemplateNode[] {
    const nodes: TemplateNode[] = [];
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf('{', this.#at);
      const text = this.#text.slice(this.#at, open < 0 ? undefined : open);
      if (text !== '') nodes.push({ kind: 'text', text });
      if (open < 0) {
        this.#at = this.#text.length;
        break;
      }
      this.#at = open + 1;
      if (this.#word('end')) {
        if (!inRange) throw new JsonPathError('{end} without {range …}');
        this.#close();
        return nodes;
      }
      if (this.#word('range')) {
        const path = this.#path();
        this.#close();
        nodes.push({ kind: 'range', path, body: this.#nodes(true) });
      } else {
        nodes.push(...this.#action());
      }
    }
    if (inRange) throw new JsonPathError('{range …} without {end}');
    return nodes;
  }

  /** What is between braces: quoted text and one path, in any order. */
  #action(): TemplateNode[] {
    const nodes: TemplateNode[] = [];
    let empty = true;
    while (!this.#skip('}')) {
      empty = false;
      const quote = this.#peek();
      if (quote === '"' || quote === "'") nodes.push({ kind: 'text', text: this.#quoted() });
      else nodes.push({ kind: 'path', path: this.#path() });
    }
    return empty ? [{ kind: 'path', path: { fromRoot: false, steps: [] } }] : nodes;
  }

  #path(): Path {
    this.#blanks();
    const fromRoot = this.#peek() === '$';
    if (fromRoot || this.#peek() === '@') this.#at += 1;
    const steps: Step[] = [];
    const begin = this.#at;
    for (;;) {
      const next = this.#peek();
      if (next === '.') steps.push(...this.#dotted());
      else if (next === '[') steps.push(this.#bracketed());
      else break;
    }
    if (this.#at === begin && !fromRoot && this.#text[begin - 1] !== '@') {
      throw this.#fault(`expected a path such as .host`);
    }
    return { fromRoot, steps };
  }

  #dotted(): Step[] {
    this.#at += 1;
    if (this.#peek() === '.') {
      this.#at += 1;
      if (this.#peek() === '[') return [{ kind: 'descend' }];
      return [{ kind: 'descend' }, this.#fieldOrAll()];
    }
    // `.[0]` is `[0]`.
    if (this.#peek() === '[') return [];
    return [this.#fieldOrAll()];
  }

  #fieldOrAll(): Step {
    if (this.#peek() === '*') {
      this.#at += 1;
      return { kind: 'all' };
    }
    const match = this.#match(/(?:\\.|[^\s\\{}[\].,'"()<>=!$@*?|&])+/y);
    if (match === undefined) throw this.#fault('expected the name of a field');
    return { kind: 'fields', names: [match.replace(/\\(.)/g, '$1')] };
  }

  #bracketed(): Step {
    this.#at += 1;
    let step: Step;
    if (this.#skip('*')) step = { kind: 'all' };
    else if (this.#skip('?')) step = this.#filter();
    else if (this.#peekPastBlanks() === "'" || this.#peekPastBlanks() === '"') step = this.#quotedNames();
    else step = this.#indices();
    if (!this.#skip(']')) throw this.#fault('expected ]');
    return step;
  }

  #quotedNames(): Step {
    const names: string[] = [];
    do {
      this.#blanks();
      names.push(this.#quoted());
    } while (this.#skip(','));
    return { kind: 'fields', names };
  }

  #indices(): Step {
    const indices: Slice[] = [];
    do {
      this.#blanks();
      const match = this.#match(/(-?\d{1,9})?(?::(-?\d{1,9})?(?::(\d{1,9})?)?)?/y);
      const [from, to, step] = (match ?? '').split(':');
      if (match === undefined || match === '')
        throw this.#fault('expected an index, a slice, *, a filter or a quoted name');
      const single = !match.includes(':');
      if (step === '0') throw this.#fault('the step of a slice must be 1 or more');
      indices.push({
        ...(from ? { from: Number(from) } : {}),
        ...(to ? { to: Number(to) } : {}),
        step: step ? Number(step) : 1,
        single,
      });
    } while (this.#skip(','));
    return { kind: 'indices', indices };
  }

  #filter(): Step {
    if (!this.#skip('(')) throw this.#fault('expected ( after ?');
    const left = this.#operand();
    this.#blanks();
    const operator = this.#match(/[=!<>]=|[<>]/y) as Comparison['operator'] | undefined;
    const comparison = operator === undefined ? {} : { comparison: { operator, right: this.#operand() } };
    if (!this.#skip(')')) throw this.#fault('expected ) or one of == != < <= > >=');
    return { kind: 'filter', left, ...comparison };
  }

  #operand(): Operand {
    this.#blanks();
    const next = this.#peek();
    if (next === '"' || next === "'") return { kind: 'literal', value: this.#quoted() };
    const number = this.#match(/-?\d+(\.\d+)?/y);
    if (number !== undefined) return { kind: 'literal', value: Number(number) };
    if (this.#word('true')) return { kind: 'literal', value: true };
    if (this.#word('false')) return { kind: 'literal', value: false };
    return { kind: 'path', path: this.#path() };
  }

  #quoted(): string {
    const quote = this.#peek() ?? '';
    const match = this.#match(quote === '"' ? /"(?:\\.|[^"\\])*"/y : /'(?:\\.|[^'\\])*'/y);
    if (match === undefined) throw this.#fault(`expected a closing ${quote}`);
    const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
    return match.slice(1, -1).replace(/\\(.)/g, (_all, character: string) => escapes[character] ?? character);
  }

  #close(): void {
    if (!this.#skip('}')) throw this.#fault('expected }');
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #peekPastBlanks(): string | undefined {
    this.#blanks();
    return this.#peek();
  }

  #blanks(): void {
    this.#match(/\s+/y);
  }

  /** Takes `character`, with blanks before it, if it is next. */
  #skip(character: string): boolean {
    this.#blanks();
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  #word(word: string): boolean {
    return this.#match(new RegExp(`\\s*${word}(?![\\w.[])`, 'y')) !== undefined;
  }

  #match(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#text)?.[0];
    if (match !== undefined) this.#at += match.length;
    return match;
  }

  #fault(expected: string): JsonPathError {
    const found = this.#at < this.#text.length ? `character ${this.#at + 1}` : 'the end';
    return new JsonPathError(`${expected} at ${found} of the expression`);
  }
}
