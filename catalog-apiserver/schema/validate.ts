import type { Cause } from '../status.ts';
import { duplicate, invalidValue, notSupported, required, tooLong, tooMany, typeName, wrongType } from './causes.ts';
import { matchesFormat } from './formats.ts';
import { childPath, compilePattern, isRecord, propertySchema } from './schema.ts';
import type { Schema } from './schema.ts';
import { jsonEqual } from './json-equal.ts';

/** Faults that are reported for one object; more help nobody. */
const MOST_CAUSES = 100;

/** Every fault of `value` against `schema`, in Kubernetes' words; none means it is valid. */
export function validate(value: unknown, schema: Schema, path = ''): Cause[] {
  const causes: Cause[] = [];
  checkValue(value, schema, path, causes);
  return causes;
}

function checkValue(value: unknown, schema: Schema, path: string, causes: Cause[]): void {
  if (causes.length >= MOST_CAUSES) return;
  if (value === null && schema.nullable === true) return;
  if (!hasType(value, schema)) {
    causes.push(
      wrongType(path, value, schema['x-kubernetes-int-or-string'] === true ? 'integer,string' : (schema.type ?? 'any')),
    );
    return;
  }
  if (schema.enum?.every((allowed) => !jsonEqual(allowed, value)) === true)
    causes.push(notSupported(path, value, schema.enum));
  if (typeof value === 'string') checkString(value, schema, path, causes);
  if (typeof value === 'number') checkNumber(value, schema, path, causes);
  if (Array.isArray(value)) checkArray(value, schema, path, causes);
  else if (isRecord(value)) checkObject(value, schema, path, causes);
  checkCombinations(value, schema, path, causes);
}

function hasType(value: unknown, schema: Schema): boolean {
  if (schema['x-kubernetes-int-or-string'] === true) return typeof value === 'string' || Number.isInteger(value);
  if (schema.type === undefined) return true;
  const actual = typeName(value);
  return actual === schema.type || (schema.type === 'number' && actual === 'integer');
}

function checkString(value: string, schema: Schema, path: string, causes: Cause[]): void {
  // Code points, as Kubernetes counts.
  const length = Array.from(value).length;
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    // The pattern is not tried: its cost grows with the text, and the limit is there to bound it.
    causes.push(tooLong(path, schema.maxLength));
    return;
  }
  if (schema.minLength !== undefined && length < schema.minLength)
    causes.push(invalidValue(path, value, `${path} in body should be at least ${schema.minLength} chars long`));
  if (schema.pattern !== undefined && !compilePattern(schema.pattern).test(value))
    causes.push(invalidValue(path, value, `${path} in body should match '${schema.pattern}'`));
  if (schema.format !== undefined && !matchesFormat(value, schema.format))
    causes.push(
      invalidValue(path, value, `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`),
    );
}

function checkNumber(value: number, schema: Schema, path: string, causes: Cause[]): void {
  const { minimum, maximum, multipleOf } = schema;
  if (minimum !== undefined && (schema.exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    const bound = schema.exclusiveMinimum === true ? 'greater than' : 'greater than or equal to';
    causes.push(invalidValue(path, value, `${path} in body should be ${bound} ${minimum}`));
  }
  if (maximum !== undefined && (schema.exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    const bound = schema.exclusiveMaximum === true ? 'less than' : 'less than or equal to';
    causes.push(invalidValue(path, value, `${path} in body should be ${bound} ${maximum}`));
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf))
    causes.push(invalidValue(path, value, `${path} in body should be a multiple of ${multipleOf}`));
  if (schema.format === 'int32' && (value > 2 ** 31 - 1 || value < -(2 ** 31)))
    causes.push(invalidValue(path, value, `${path} in body must be of type int32: ${JSON.stringify(String(value))}`));
}

function checkArray(value: readonly unknown[], schema: Schema, path: string, causes: Cause[]): void {
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    causes.push(tooMany(path, value.length, schema.maxItems));
    return;
  }
  if (schema.minItems !== undefined && value.length < schema.minItems)
    causes.push(invalidValue(path, value.length, `${path} in body should have at least ${schema.minItems} items`));
  const { items } = schema;
  if (items !== undefined)
    value.forEach((item, index) => {
      checkValue(item, items, `${path}[${index}]`, causes);
    });
  checkUnique(value, schema, path, causes);
}

/** Sets and `uniqueItems` hold no item twice; a list-map holds no two items with the same keys. */
function checkUnique(value: readonly unknown[], schema: Schema, path: string, causes: Cause[]): void {
  const listType = schema['x-kubernetes-list-type'];
  const keys = listType === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : undefined;
  if (keys === undefined && listType !== 'set' && schema.uniqueItems !== true) return;
  const seen = new Set<string>();
  value.forEach((item, index) => {
    const identity =
      keys === undefined ? item : Object.fromEntries(keys.map((key) => [key, isRecord(item) ? item[key] : undefined]));
    const text = canonical(identity);
    if (seen.has(text)) causes.push(duplicate(`${path}[${index}]`, identity));
    seen.add(text);
  });
}

function checkObject(value: Record<string, unknown>, schema: Schema, path: string, causes: Cause[]): void {
  for (const name of schema.required ?? []) {
    if (value[name] === undefined) causes.push(required(childPath(path, name)));
  }
  const names = Object.keys(value);
  if (schema.maxProperties !== undefined && names.length > schema.maxProperties)
    causes.push(tooMany(path, names.length, schema.maxProperties));
  if (schema.minProperties !== undefined && names.length < schema.minProperties)
    causes.push(
      invalidValue(path, names.length, `${path} in body should have at least ${schema.minProperties} properties`),
    );
  for (const name of names) {
    const below = propertySchema(schema, name);
    if (below !== undefined) checkValue(value[name], below, childPath(path, name), causes);
  }
}

function checkCombinations(value: unknown, schema: Schema, path: string, causes: Cause[]): void {
  for (const branch of schema.allOf ?? []) checkValue(value, branch, path, causes);
  if (schema.anyOf !== undefined) {
    const results = schema.anyOf.map((branch) => validate(value, branch, path));
    if (results.every((faults) => faults.length > 0))
      causes.push(invalidValue(path, '', `"${path}" must validate at least one schema (anyOf)`), ...fewest(results));
  }
  if (schema.oneOf !== undefined) {
    const results = schema.oneOf.map((branch) => validate(value, branch, path));
    const valid = results.filter((faults) => faults.length === 0).length;
    const what = `"${path}" must validate one and only one schema (oneOf)`;
    const choice = choiceOf(value, schema.oneOf);
    if (valid === 0) causes.push(invalidValue(path, '', `${what}. Found none valid${choice}`), ...fewest(results));
    if (valid > 1) causes.push(invalidValue(path, '', `${what}. Found ${valid} valid alternatives${choice}`));
  }
  if (schema.not !== undefined && validate(value, schema.not, path).length === 0)
    causes.push(invalidValue(path, '', `"${path}" must not validate the schema (not)`));
}

/**
 * Kubernetes does not say between which fields to choose. Where that is all the alternatives differ in it is added to
 * its words: `: give exactly one of basic, bearer; found basic, bearer`.
 */
function choiceOf(value: unknown, alternatives: readonly Schema[]): string {
  const fields = alternatives.flatMap(({ required: names, ...rest }) =>
    names?.length === 1 && Object.keys(rest).length === 0 ? names : [],
  );
  if (fields.length < alternatives.length || !isRecord(value)) return '';
  const given = fields.filter((name) => value[name] !== undefined);
  return `: give exactly one of ${fields.join(', ')}; found ${given.join(', ') || 'none of them'}`;
}

/** The faults of the alternative that came closest. */
function fewest(results: readonly Cause[][]): readonly Cause[] {
  return results.reduce((best, faults) => (faults.length < best.length ? faults : best), results[0] ?? []);
}

/** Text that is equal for equal JSON values, whatever the order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
