import type { JsonObject } from '../osb/types.ts';
import { endsSoon } from './pattern-cost.ts';

/**
 * What checking parameters against a schema may cost at most. Schemas come from brokers and parameters from users;
 * neither may stop the process that checks them.
 */

/** Keywords whose value is a schema, and those whose value is a list or a map of schemas. */
const ONE = new Set([
  'not',
  'if',
  'then',
  'else',
  'additionalProperties',
  'propertyNames',
  'items',
  'additionalItems',
  'contains',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
const LIST = new Set(['allOf', 'anyOf', 'oneOf', 'items', 'prefixItems']);
const MAP = new Set(['properties', 'patternProperties', 'dependencies', 'dependentSchemas']);

const TYPES = new Set<unknown>(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);

/** Applications of a schema to a value; about a tenth of a second. */
const MAX_WORK = 2_000_000;
/** Schemas after every reference has been written out. */
const MAX_SCHEMAS = 20_000;
const MAX_DEPTH = 64;

/** Why the check is not made, as the end of a sentence; undefined when it is cheap enough. */
export function tooCostly(schema: JsonObject, parameters: JsonObject): string | undefined {
  const values = measure(parameters);
  if (values === undefined) return 'the parameters nest too deeply';
  const walk = new SchemaWalk(schema, values.longestText);
  const size = walk.sizeOf(schema, 0);
  if (walk.fault !== undefined) return walk.fault;
  // Comparing every item with every other is the one keyword whose cost is a square.
  const work = size * values.count * (walk.comparesItems ? values.count : 1);
  return work > MAX_WORK ? 'it is too large for these parameters' : undefined;
}

class SchemaWalk {
  fault: string | undefined;
  comparesItems = false;
  readonly #root: JsonObject;
  readonly #longestText: number;
  readonly #sizes = new Map<object, number>();
  readonly #open = new Set<object>();

  constructor(root: JsonObject, longestText: number) {
    this.#root = root;
    this.#longestText = longestText;
  }

  /** How many schemas there are with every reference written out; each object is looked at once. */
  sizeOf(schema: unknown, depth: number): number {
    if (this.fault !== undefined || typeof schema !== 'object' || schema === null || Array.isArray(schema)) return 1;
    const known = this.#sizes.get(schema);
    if (known !== undefined) return known;
    if (this.#open.has(schema)) return this.#give('it refers to itself');
    if (depth > MAX_DEPTH) return this.#give('it nests too deeply');
    this.#open.add(schema);
    let size = 1;
    for (const [keyword, value] of Object.entries(schema)) size += this.#sizeOfKeyword(keyword, value, depth);
    this.#open.delete(schema);
    if (size > MAX_SCHEMAS) return this.#give('it is too large');
    this.#sizes.set(schema, size);
    return size;
  }

  #sizeOfKeyword(keyword: string, value: unknown, depth: number): number {
    if (keyword === '$ref') return this.#sizeOfReference(value, depth);
    if (keyword === '$recursiveRef' || keyword === '$dynamicRef') return this.#give('it refers to itself');
    if (keyword === 'type' && ![value].flat().every((type) => TYPES.has(type)))
      return this.#give('it has an unknown type');
    if (keyword === 'uniqueItems') this.comparesItems = true;
    if (keyword === 'pattern') this.#checkPattern(value);
    if (keyword === 'patternProperties' && typeof value === 'object' && value !== null) {
      Object.keys(value).forEach((pattern) => {
        this.#checkPattern(pattern);
      });
    }
    const all = Array.isArray(value)
      ? LIST.has(keyword)
        ? (value as unknown[])
        : []
      : MAP.has(keyword) && typeof value === 'object' && value !== null
        ? Object.values(value)
        : ONE.has(keyword)
          ? [value]
          : [];
    return all.reduce((sum: number, member) => sum + this.sizeOf(member, depth + 1), 0);
  }

  #sizeOfReference(reference: unknown, depth: number): number {
    if (typeof reference !== 'string' || !reference.startsWith('#')) return this.#give('it refers to another document');
    const target = resolvePointer(this.#root, reference);
    return target === undefined ? this.#give('it refers to what is not in it') : this.sizeOf(target, depth + 1);
  }

  #checkPattern(pattern: unknown): void {
    if (typeof pattern !== 'string' || !endsSoon(pattern, this.#longestText)) {
      this.#give('it has a pattern that may take very long');
    }
  }

  #give(fault: string): number {
    this.fault ??= fault;
    return 1;
  }
}

/** What a JSON pointer in a fragment, such as `#/definitions/size`, leads to in `root`; undefined when nowhere. */
export function resolvePointer(root: JsonObject, fragment: string): unknown {
  let target: unknown = root;
  for (const part of fragment.split('/').slice(1)) {
    let name: string;
    try {
      name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    } catch {
      return undefined;
    }
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, name)) return undefined;
    target = (target as Record<string, unknown>)[name];
  }
  return fragment === '#' || fragment.startsWith('#/') ? target : undefined;
}

/** How many values there are and how long the longest text is, keys included; undefined when they nest too deeply. */
function measure(parameters: JsonObject): { readonly count: number; readonly longestText: number } | undefined {
  let count = 0;
  let longestText = 0;
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value: parameters, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, depth } = next;
    count += 1;
    if (depth > MAX_DEPTH) return undefined;
    if (typeof value === 'string') longestText = Math.max(longestText, value.length);
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, member] of Object.entries(value)) {
      longestText = Math.max(longestText, Array.isArray(value) ? 0 : key.length);
      pending.push({ value: member, depth: depth + 1 });
    }
  }
  return { count, longestText };
}
