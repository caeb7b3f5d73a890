import { sortedEntries } from './go-json.ts';
import { goText } from './go-text.ts';
import { JsonPathError, parseTemplate } from './jsonpath-parse.ts';
import type { Comparison, Operand, Path, Slice, Step, TemplateNode } from './jsonpath-parse.ts';

/** Values one expression may visit; ranges within ranges would otherwise multiply without end. */
const MAX_WORK = 100_000;
/** Characters that cost as much to write as a value to visit. */
const CHARACTERS_A_VALUE = 64;

class Budget {
  #left = MAX_WORK;

  spend(amount: number): void {
    this.#left -= amount;
    if (this.#left < 0) throw new JsonPathError('the expression selects too much');
  }
}

interface Scope {
  readonly root: unknown;
  readonly budget: Budget;
}

/**
 * The text a kubectl JSONPath template makes of `data`; several values are parted by a blank, and each is printed as Go
 * prints it. Throws {@link JsonPathError} when the template is none, or a field or index is not there.
 */
export function evaluateJsonPath(expression: string, data: unknown): string {
  return render(parseTemplate(expression), data, { root: data, budget: new Budget() });
}

function render(nodes: readonly TemplateNode[], current: unknown, scope: Scope): string {
  let text = '';
  for (const node of nodes) {
    const part = renderNode(node, current, scope);
    // At least one, so that a range over much with nothing to write ends too.
    scope.budget.spend(1 + part.length / CHARACTERS_A_VALUE);
    text += part;
  }
  return text;
}

function renderNode(node: TemplateNode, current: unknown, scope: Scope): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'path':
      return select(node.path, current, scope).map(goText).join(' ');
    case 'range':
      return select(node.path, current, scope)
        .map((item) => render(node.body, item, scope))
        .join('');
  }
}

function select(path: Path, current: unknown, scope: Scope): unknown[] {
  let values: unknown[] = [path.fromRoot ? scope.root : current];
  for (const step of path.steps) {
    values = take(step, values, scope);
    scope.budget.spend(1 + values.length);
  }
  return values;
}

function take(step: Step, values: readonly unknown[], scope: Scope): unknown[] {
  switch (step.kind) {
    case 'fields':
      return step.names.flatMap((name) => field(name, values));
    case 'all':
      return values.flatMap(members);
    case 'descend':
      return descend(values, scope.budget);
    case 'indices':
      return values.flatMap((value) => step.indices.flatMap((slice) => at(slice, asArray(value))));
    case 'filter':
      return values.flatMap((value) => asArray(value).filter((item) => holds(step.left, step.comparison, item, scope)));
  }
}

function field(name: string, values: readonly unknown[]): unknown[] {
  const found = values.filter((value) => isObject(value) && Object.hasOwn(value, name));
  if (found.length === 0) throw new JsonPathError(`${name} is not found`);
  return found.map((value) => (value as Record<string, unknown>)[name]);
}

function descend(values: readonly unknown[], budget: Budget): unknown[] {
  const all: unknown[] = [];
  const visit = (value: unknown): void => {
    if (!isObject(value) && !Array.isArray(value)) return;
    all.push(value);
    budget.spend(1);
    members(value).forEach(visit);
  };
  values.forEach(visit);
  return all;
}

function members(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? sortedEntries(value).map(([, member]) => member) : [];
}

function at(slice: Slice, array: readonly unknown[]): unknown[] {
  const position = (index: number): number => (index < 0 ? index + array.length : index);
  const from = position(slice.from ?? 0);
  const to = slice.single ? from + 1 : position(slice.to ?? array.length);
  if (slice.single ? from < 0 || from >= array.length : from < 0 || from > array.length) {
    throw new JsonPathError(`index ${slice.from ?? 0} is outside of an array of ${array.length}`);
  }
  return array.slice(from, to).filter((_item, index) => index % slice.step === 0);
}

function holds(left: Operand, comparison: Comparison | undefined, item: unknown, scope: Scope): boolean {
  const [value] = operandValues(left, item, scope);
  if (comparison === undefined) return value !== undefined;
  const [other] = operandValues(comparison.right, item, scope);
  if (value === undefined || other === undefined) return false;
  return compare(comparison.operator, value, other);
}

/** A path in a filter that leads nowhere has no value; that is no error, the item just does not match. */
function operandValues(operand: Operand, item: unknown, scope: Scope): unknown[] {
  if (operand.kind === 'literal') return [operand.value];
  try {
    return select(operand.path, item, scope);
  } catch (error) {
    if (error instanceof JsonPathError) return [];
    throw error;
  }
}

function compare(operator: Comparison['operator'], left: unknown, right: unknown): boolean {
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  const comparable =
    (typeof left === 'number' && typeof right === 'number') || (typeof left === 'string' && typeof right === 'string');
  if (!comparable) throw new JsonPathError(`${operator} compares two numbers or two strings`);
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

function asArray(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new JsonPathError('an index is used on what is not an array');
  return value as unknown[];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
