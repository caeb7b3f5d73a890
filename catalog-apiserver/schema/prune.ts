import { childPath, isRecord, propertySchema } from './schema.ts';
import type { Schema } from './schema.ts';

/**
 * `value` without what `schema` does not know, as a new value; `onUnknown` gets the path of each field left out.
 * Below `x-kubernetes-preserve-unknown-fields` everything stays.
 */
export function prune(value: unknown, schema: Schema, onUnknown: (path: string) => void, path = ''): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    return value.map((item, index) => prune(item, items, onUnknown, `${path}[${index}]`));
  }
  if (!isRecord(value)) return value;
  const keep = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
  const kept = Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
    const below = propertySchema(schema, name);
    if (below !== undefined) return [[name, prune(field, below, onUnknown, childPath(path, name))]];
    if (keep) return [[name, field]];
    onUnknown(childPath(path, name));
    return [];
  });
  return Object.fromEntries(kept);
}
