import { copyJson } from '../../kube/copy-json.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { Fault } from '../admission.ts';

/**
 * A mutating webhook sees objects before the API server has checked them against their schema. The fields the rules
 * read must have their types first, or the rules would have to doubt every one of them.
 */

/** What is at a path: `spec.parametersFrom[]` is each item of that list. */
export type Shape = Readonly<Record<string, 'object' | 'array' | 'string' | 'integer' | 'boolean'>>;

/**
 * The object without the nulls at the paths of the shape (the API server drops them as well), or what is wrong with it.
 * Paths not in the shape are left alone. The input is not changed.
 */
export function withShape(
  object: KubeObject,
  shape: Shape,
): { readonly object: KubeObject; readonly faults: readonly Fault[] } {
  const copy = copyJson(object);
  const faults: Fault[] = [];
  for (const [path, type] of Object.entries(shape)) check(copy, path.split('.'), '', type, faults);
  return { object: copy, faults };
}

function check(holder: unknown, path: readonly string[], at: string, type: Shape[string], faults: Fault[]): void {
  const [first = '', ...rest] = path;
  // Something above has the wrong type; that was reported with its own path.
  if (typeof holder !== 'object' || holder === null || Array.isArray(holder)) return;
  const members = holder as Record<string, unknown>;
  const inList = first.endsWith('[]');
  const name = inList ? first.slice(0, -2) : first;
  const field = at === '' ? name : `${at}.${name}`;
  if (members[name] === null) Reflect.deleteProperty(members, name);
  const value = members[name];
  if (value === undefined) return;
  if (!inList) {
    if (rest.length > 0) check(value, rest, field, type, faults);
    else if (!hasType(value, type)) faults.push({ field, message: `must be ${article(type)}` });
    return;
  }
  if (!Array.isArray(value)) return;
  value.forEach((item: unknown, index) => {
    const place = `${field}[${index}]`;
    if (rest.length > 0) check(item, rest, place, type, faults);
    else if (!hasType(item, type)) faults.push({ field: place, message: `must be ${article(type)}` });
  });
}

function hasType(value: unknown, type: Shape[string]): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isSafeInteger(value);
    case 'string':
    case 'boolean':
      return typeof value === type;
  }
}

function article(type: Shape[string]): string {
  return /^[aio]/.test(type) ? `an ${type}` : `a ${type}`;
}
