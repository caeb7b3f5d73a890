/**
 * Selectors in the syntax of Kubernetes' label selectors, such as `spec.externalName in (small, standard), !old`.
 * Comma means "and".
 */

export type Requirement =
  | { readonly key: string; readonly operator: 'exists' | 'absent' }
  | { readonly key: string; readonly operator: 'in' | 'notIn'; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: 'greater' | 'less'; readonly value: number };

export type ParsedSelector =
  | { readonly ok: true; readonly requirements: readonly Requirement[] }
  | { readonly ok: false; readonly message: string };

const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const TOKEN = /\s*(==|!=|[=!<>(),]|[^\s=!<>(),]+)/y;

/** The requirements in `text`; all must hold. An empty text has none. */
export function parseSelector(text: string): ParsedSelector {
  try {
    return { ok: true, requirements: new SelectorParser(text).parse() };
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return { ok: false, message: error.message };
  }
}

/** Whether what has these values under these keys is selected. As with labels, what has no value is not unequal to none. */
export function selects(requirements: readonly Requirement[], values: Readonly<Record<string, string>>): boolean {
  return requirements.every((requirement) => {
    const value = Object.hasOwn(values, requirement.key) ? values[requirement.key] : undefined;
    switch (requirement.operator) {
      case 'exists':
        return value !== undefined;
      case 'absent':
        return value === undefined;
      case 'in':
        return value !== undefined && requirement.values.includes(value);
      case 'notIn':
        return value === undefined || !requirement.values.includes(value);
      case 'greater':
        return isInteger(value) && Number(value) > requirement.value;
      case 'less':
        return isInteger(value) && Number(value) < requirement.value;
    }
  });
}

class SelectorError extends Error {}

class SelectorParser {
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    while (this.#peek() !== undefined) {
      requirements.push(this.#requirement());
      if (this.#peek() === undefined) break;
      this.#expect(',');
      if (this.#peek() === undefined) throw new SelectorError('a requirement is missing after the last comma');
    }
    return requirements;
  }

  #requirement(): Requirement {
    if (this.#take('!')) return { key: this.#key(), operator: 'absent' };
    const key = this.#key();
    const operator = this.#peek();
    if (operator === undefined || operator === ',') return { key, operator: 'exists' };
    this.#next += 1;
    switch (operator) {
      case '=':
      case '==':
        return { key, operator: 'in', values: [this.#value()] };
      case '!=':
        return { key, operator: 'notIn', values: [this.#value()] };
      case 'in':
        return { key, operator: 'in', values: this.#values() };
      case 'notin':
        return { key, operator: 'notIn', values: this.#values() };
      case '>':
      case '<': {
        const value = this.#value();
        if (!isInteger(value)) throw new SelectorError(`"${value}" after ${operator} is not an integer`);
        return { key, operator: operator === '>' ? 'greater' : 'less', value: Number(value) };
      }
      default:
        throw new SelectorError(`"${operator}" after "${key}" is none of = == != in notin < >`);
    }
  }

  #key(): string {
    const key = this.#peek() ?? '';
    if (!KEY.test(key)) throw new SelectorError(key === '' ? 'a key is missing at the end' : `"${key}" is not a key`);
    this.#next += 1;
    return key;
  }

  /** A value; nothing before a comma or the end is the empty value, as Kubernetes has it. */
  #value(): string {
    const next = this.#peek();
    if (next === undefined || next === ',' || next === ')') return '';
    if (!VALUE.test(next)) {
      throw new SelectorError(
        `"${next}" is not a value: at most 63 letters, digits, dashes, underscores and dots, without blanks`,
      );
    }
    this.#next += 1;
    return next;
  }

  #values(): string[] {
    this.#expect('(');
    const values = [this.#value()];
    while (this.#take(',')) values.push(this.#value());
    this.#expect(')');
    return values;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next];
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#next += 1;
    return true;
  }

  #expect(token: string): void {
    if (this.#take(token)) return;
    const found = this.#peek();
    throw new SelectorError(`expected "${token}" ${found === undefined ? 'at the end' : `before "${found}"`}`);
  }
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const token = TOKEN.exec(trimmed)?.[1];
    if (token === undefined) break;
    tokens.push(token);
  }
  return tokens;
}

function isInteger(value: string | undefined): boolean {
  return value !== undefined && /^[-+]?\d{1,15}$/.test(value);
}
