import { FaultList, memberPath } from './faults.ts';
import type { Validated } from './faults.ts';
import { checkStorable, isJsonObject } from './json-value.ts';
import type { JsonObject } from './types.ts';

/**
 * Shapes: small functions that read an unknown value as a type and note every fault on the way. `object` takes one
 * shape for each field of a wire type, so that a field added to the type does not compile until it is validated.
 */
export type Shape<T> = (value: unknown, path: string, faults: FaultList) => T | undefined;

interface RequiredField<T> {
  readonly required: true;
  readonly shape: Shape<T>;
}
interface OptionalField<T> {
  readonly required: false;
  readonly shape: Shape<T>;
}
type Fields<T> = {
  readonly [K in keyof T]-?: T extends Record<K, T[K]> ? RequiredField<T[K]> : OptionalField<Exclude<T[K], undefined>>;
};

/** A field that must be there. */
export function required<T>(shape: Shape<T>): RequiredField<T> {
  return { required: true, shape };
}

/** A field that may be missing; `null` counts as missing, because common platforms and brokers write it so. */
export function optional<T>(shape: Shape<T>): OptionalField<T> {
  return { required: false, shape };
}

/** An object with these fields. Other fields are ignored and left out, as spec.md "Vendor Extension Fields" wants. */
export function object<T>(fields: Fields<T>): Shape<T> {
  const entries = Object.entries<RequiredField<unknown> | OptionalField<unknown>>(fields);
  return (value, path, faults) => {
    if (!isJsonObject(value)) {
      faults.add(path, 'must be an object');
      return undefined;
    }
    const result: JsonObject = {};
    for (const [name, field] of entries) {
      const member = Object.hasOwn(value, name) ? value[name] : undefined;
      if (member === undefined || member === null) {
        if (field.required) faults.add(memberPath(path, name), 'is required');
        continue;
      }
      result[name] = field.shape(member, memberPath(path, name), faults);
    }
    // Every field was read by the shape of its type; where one failed there is a fault and the result is not used.
    return result as T;
  };
}

/** An array of what `item` reads. */
export function array<T>(item: Shape<T>): Shape<T[]> {
  return (value, path, faults) => {
    if (!Array.isArray(value)) {
      faults.add(path, 'must be an array');
      return undefined;
    }
    return value.map((member, index) => item(member, `${path}[${index}]`, faults) as T);
  };
}

/** A string of `min` to `max` characters; nothing in it that a store cannot keep. */
export function text(min: number, max: number): Shape<string> {
  return (value, path, faults) => {
    if (typeof value !== 'string') faults.add(path, 'must be a string');
    else if (value.length < min) faults.add(path, 'must not be empty');
    else if (value.length > max) faults.add(path, `must not be longer than ${max} characters`);
    else checkStorable(value, path, faults);
    return typeof value === 'string' ? value : undefined;
  };
}

/** One of a few strings. */
export function oneOf<T extends string>(...allowed: readonly T[]): Shape<T> {
  return (value, path, faults) => {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) faults.add(path, `must be one of ${allowed.map((item) => `"${item}"`).join(', ')}`);
    return found;
  };
}

export const boolean: Shape<boolean> = (value, path, faults) => {
  if (typeof value === 'boolean') return value;
  faults.add(path, 'must be true or false');
  return undefined;
};

/** A whole number, not negative. */
export const count: Shape<number> = (value, path, faults) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  faults.add(path, 'must be a whole number that is not negative');
  return undefined;
};

/** A free JSON object: parameters, context, metadata, credentials. */
export const jsonObject: Shape<JsonObject> = (value, path, faults) => {
  if (!isJsonObject(value)) {
    faults.add(path, 'must be an object');
    return undefined;
  }
  checkStorable(value, path, faults);
  return value;
};

/** Any JSON value that can be stored. */
export const anything: Shape<unknown> = (value, path, faults) => {
  checkStorable(value, path, faults);
  return value;
};

/** An object whose values are all strings. */
export const stringMap: Shape<Record<string, string>> = (value, path, faults) => {
  const map = jsonObject(value, path, faults);
  if (map === undefined) return undefined;
  for (const [name, member] of Object.entries(map)) {
    if (typeof member !== 'string') faults.add(memberPath(path, name), 'must be a string');
  }
  return map as Record<string, string>;
};

/** Reads `value` as `shape`, with `furtherChecks` (rules between fields) only where the shape is right. */
export function validate<T>(
  shape: Shape<T>,
  value: unknown,
  furtherChecks?: (value: T, faults: FaultList) => void,
): Validated<T> {
  const faults = new FaultList();
  const result = shape(value, '', faults);
  if (result !== undefined && faults.empty) furtherChecks?.(result, faults);
  return result !== undefined && faults.empty ? { ok: true, value: result } : { ok: false, faults: faults.all };
}
