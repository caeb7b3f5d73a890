import type { Cause } from '../status.ts';

/** The faults a field can have, in the words of Kubernetes. */

export function required(field: string, detail = ''): Cause {
  return {
    reason: 'FieldValueRequired',
    field,
    message: detail === '' ? 'Required value' : `Required value: ${detail}`,
  };
}

export function invalidValue(field: string, value: unknown, detail: string): Cause {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${show(value)}: ${detail}` };
}

export function wrongType(field: string, value: unknown, type: string): Cause {
  const name = quoted(typeName(value));
  return {
    reason: 'FieldValueTypeInvalid',
    field,
    message: `Invalid value: ${name}: ${field} in body must be of type ${type}: ${name}`,
  };
}

export function notSupported(field: string, value: unknown, allowed: readonly unknown[]): Cause {
  const message = `Unsupported value: ${show(value)}: supported values: ${allowed.map(show).join(', ')}`;
  return { reason: 'FieldValueNotSupported', field, message };
}

export function tooLong(field: string, limit: number): Cause {
  return { reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${limit} bytes` };
}

export function tooMany(field: string, actual: number, limit: number): Cause {
  return { reason: 'FieldValueTooMany', field, message: `Too many: ${actual}: must have at most ${limit} items` };
}

export function forbiddenField(field: string, detail: string): Cause {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${detail}` };
}

export function duplicate(field: string, value: unknown): Cause {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${show(value)}` };
}

/** The JSON type of a value, as schemas call it. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** Values in messages are bounded: a message ends up on a terminal. */
const LONGEST_VALUE = 256;

function show(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return 'null';
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
