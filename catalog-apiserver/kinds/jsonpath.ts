import { UsageError } from '../../lib/runtime/errors.ts';
import { isRecord } from '../schema/schema.ts';

/** One step of a path: into a field, an item, every item, or the items with a field of a value. */
type Step =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'index'; readonly index: number }
  | { readonly type: 'all' }
  | { readonly type: 'filter'; readonly field: readonly string[]; readonly value: unknown };

export type JsonPath = readonly Step[];

const TOKEN =
  /\.(?<field>(?:[^.[\]\\]|\\.)+)|\[(?:'(?<quoted>[^']*)'|"(?<double>[^"]*)"|(?<index>-?\d+)|(?<all>\*)|\?\(\s*@\.(?<path>[\w.-]+)\s*==\s*(?<value>"[^"]*"|'[^']*'|true|false|-?\d+)\s*\))\]/uy;

/**
 * Reads the simple JSONPath of printer columns: `.a.b`, `['a']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`, `\.` for a dot in
 * a name. Throws {@link UsageError} for anything more.
 */
export function parseJsonPath(text: string): JsonPath {
  const steps: Step[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) throw new UsageError(`the JSONPath ${text} is not supported, from character ${from + 1}`);
    steps.push(stepOf(groups));
  }
  return steps;
}

function stepOf(groups: Record<string, string | undefined>): Step {
  const { field, quoted, double, index, all, path, value } = groups;
  if (field === '*' || all !== undefined) return { type: 'all' };
  if (field !== undefined) return { type: 'field', name: field.replaceAll(/\\(.)/gu, '$1') };
  if (index !== undefined) return { type: 'index', index: Number(index) };
  if (path !== undefined) return { type: 'filter', field: path.split('.'), value: literal(value ?? '') };
  return { type: 'field', name: quoted ?? double ?? '' };
}

function literal(text: string): unknown {
  return text.startsWith("'") || text.startsWith('"') ? text.slice(1, -1) : JSON.parse(text);
}

/** The values a path leads to; none where a field is absent. */
export function findAll(value: unknown, path: JsonPath): unknown[] {
  return path.reduce<unknown[]>((values, step) => values.flatMap((current) => follow(current, step)), [value]);
}

function follow(value: unknown, step: Step): unknown[] {
  switch (step.type) {
    case 'field':
      return isRecord(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'index':
      return Array.isArray(value) && value.at(step.index) !== undefined ? [value.at(step.index)] : [];
    case 'all':
      return Array.isArray(value) ? (value as unknown[]) : isRecord(value) ? Object.values(value) : [];
    case 'filter':
      return (Array.isArray(value) ? (value as unknown[]) : []).filter(
        (item) => fieldAt(item, step.field) === step.value,
      );
  }
}

function fieldAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((current, name) => (isRecord(current) ? current[name] : undefined), value);
}
